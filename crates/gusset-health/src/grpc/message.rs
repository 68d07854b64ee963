//! The messages of `grpc.health.v1`, to and from their bytes.

use bytes::Bytes;

use super::{Rejection, frame};

/// `HealthCheckResponse.ServingStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "the protocol's own names")]
pub(super) enum Serving {
    Serving = 1,
    NotServing = 2,
    ServiceUnknown = 3,
}

const MALFORMED: Rejection = Rejection(3, "the request cannot be read");

/// The one message of a request.
pub(super) fn unframe(bytes: &[u8]) -> Result<&[u8], Rejection> {
    let Some((head, message)) = bytes.split_first_chunk::<5>() else {
        return Err(MALFORMED);
    };
    let [compressed, len @ ..] = *head;
    if compressed != 0 {
        return Err(Rejection(12, "compressed requests are not read"));
    }
    if u32::from_be_bytes(len) as usize != message.len() {
        return Err(MALFORMED);
    }
    Ok(message)
}

/// `HealthCheckRequest.service`; fields that are not known are passed over.
pub(super) fn service(mut message: &[u8]) -> Result<&str, Rejection> {
    let mut service = "";
    while !message.is_empty() {
        let key = varint(&mut message)?;
        match key & 7 {
            0 => {
                varint(&mut message)?;
            }
            1 => {
                take(&mut message, 8)?;
            }
            5 => {
                take(&mut message, 4)?;
            }
            2 => {
                let len = usize::try_from(varint(&mut message)?).map_err(|_| MALFORMED)?;
                let field = take(&mut message, len)?;
                if key >> 3 == 1 {
                    service = std::str::from_utf8(field).map_err(|_| MALFORMED)?;
                }
            }
            _ => return Err(MALFORMED),
        }
    }
    Ok(service)
}

/// `HealthCheckResponse`, framed.
pub(super) fn status(serving: Serving) -> Bytes {
    frame(&response(serving))
}

/// `HealthListResponse`, framed.
pub(super) fn list(services: &[(&str, Serving)]) -> Bytes {
    let mut message = Vec::new();
    for (name, serving) in services {
        let mut entry = Vec::new();
        field(&mut entry, 1, name.as_bytes());
        field(&mut entry, 2, &response(*serving));
        field(&mut message, 1, &entry);
    }
    frame(&message)
}

fn response(serving: Serving) -> [u8; 2] {
    [1 << 3, serving as u8]
}

fn field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    let mut len = bytes.len();
    while len > 0x7f {
        message.push(len as u8 & 0x7f | 0x80);
        len >>= 7;
    }
    message.push(len as u8);
    message.extend_from_slice(bytes);
}

fn take<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], Rejection> {
    let (taken, rest) = bytes.split_at_checked(len).ok_or(MALFORMED)?;
    *bytes = rest;
    Ok(taken)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, Rejection> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(MALFORMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_read_whatever_else_is_there() {
        let cases: [(&[u8], &str); 4] = [
            (b"", ""),
            (b"\x0a\x04shop", "shop"),
            (b"\x10\x96\x01\x0a\x04shop\x1d\x01\x02\x03\x04", "shop"),
            (b"\x12\x02??\x0a\x01a\x0a\x01b", "b"),
        ];
        for (bytes, name) in cases {
            assert_eq!(service(bytes).unwrap(), name, "{bytes:?}");
        }
    }

    #[test]
    fn nonsense_is_refused_and_not_read_beyond_its_end() {
        let cases: [&[u8]; 6] = [
            b"\x0a",
            b"\x0a\x05shop",
            b"\x0a\x02\xff\xfe",
            b"\x0b",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
        ];
        for bytes in cases {
            assert!(service(bytes).is_err(), "{bytes:?}");
        }
        for bytes in [
            &b""[..],
            b"\0\0\0\0",
            b"\0\0\0\0\x01",
            b"\x01\0\0\0\0",
            b"\0\0\0\0\0\0",
        ] {
            assert!(unframe(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_long_name_in_a_list_is_framed() {
        let name = "n".repeat(200);
        let bytes = list(&[(&name, Serving::NotServing)]);
        let message = unframe(&bytes).unwrap();
        // Entry of 2 + 1 + 200 + 4 bytes: 207, in two bytes.
        assert_eq!(message[..6], [0x0a, 0xcf, 0x01, 0x0a, 0xc8, 0x01]);
        assert_eq!(message[message.len() - 4..], [0x12, 2, 0x08, 2]);
    }
}
