//! The messages of `grpc.health.v1` in the encoding of Protocol Buffers.

use bytes::Bytes;

use super::error::GrpcError;

/// The length of the prefix of a message: the compression flag and the message's length.
const PREFIX_BYTES: usize = 5;

/// `HealthCheckResponse.ServingStatus`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "the names of the protocol")]
pub(super) enum ServingStatus {
    Serving = 1,
    NotServing = 2,
    ServiceUnknown = 3,
}

/// Returns the message of a request body, which has exactly one.
pub(super) fn unframe(bytes: &[u8]) -> Result<&[u8], GrpcError> {
    let Some((prefix, message)) = bytes.split_first_chunk::<PREFIX_BYTES>() else {
        return Err(GrpcError::MALFORMED);
    };
    let [compressed, len @ ..] = *prefix;
    if compressed != 0 {
        return Err(GrpcError::COMPRESSED);
    }
    if u32::from_be_bytes(len) as usize != message.len() {
        return Err(GrpcError::MALFORMED);
    }
    Ok(message)
}

/// Returns `HealthCheckRequest.service`. Skips unknown fields.
pub(super) fn service(mut message: &[u8]) -> Result<&str, GrpcError> {
    let mut service = "";
    while !message.is_empty() {
        let key = read_varint(&mut message)?;
        // The low three bits are the wire type.
        match key & 7 {
            0 => {
                read_varint(&mut message)?;
            }
            1 => {
                read_bytes(&mut message, 8)?;
            }
            5 => {
                read_bytes(&mut message, 4)?;
            }
            2 => {
                let len = read_varint(&mut message)?;
                let len = usize::try_from(len).map_err(|_| GrpcError::MALFORMED)?;
                let field = read_bytes(&mut message, len)?;
                if key >> 3 == 1 {
                    service = std::str::from_utf8(field).map_err(|_| GrpcError::MALFORMED)?;
                }
            }
            _ => return Err(GrpcError::MALFORMED),
        }
    }
    Ok(service)
}

/// Encodes a `HealthCheckResponse` with its prefix.
pub(super) fn health_response(status: ServingStatus) -> Bytes {
    frame(&encode_status(status))
}

/// Encodes a `HealthListResponse` with its prefix.
pub(super) fn list_response(services: &[(&str, ServingStatus)]) -> Bytes {
    let mut message = Vec::new();
    for (name, status) in services {
        let mut entry = Vec::new();
        write_field(&mut entry, 1, name.as_bytes());
        write_field(&mut entry, 2, &encode_status(*status));
        write_field(&mut message, 1, &entry);
    }
    frame(&message)
}

/// Adds the prefix of a message without compression.
fn frame(message: &[u8]) -> Bytes {
    let mut framed = Vec::with_capacity(PREFIX_BYTES + message.len());
    framed.push(0);
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.extend_from_slice(message);
    framed.into()
}

fn encode_status(status: ServingStatus) -> [u8; 2] {
    [1 << 3, status as u8]
}

fn write_field(message: &mut Vec<u8>, number: u8, bytes: &[u8]) {
    message.push(number << 3 | 2);
    let mut len = bytes.len();
    while len > 0x7f {
        message.push(len as u8 & 0x7f | 0x80);
        len >>= 7;
    }
    message.push(len as u8);
    message.extend_from_slice(bytes);
}

fn read_bytes<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], GrpcError> {
    let (read, rest) = bytes.split_at_checked(len).ok_or(GrpcError::MALFORMED)?;
    *bytes = rest;
    Ok(read)
}

fn read_varint(bytes: &mut &[u8]) -> Result<u64, GrpcError> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = read_bytes(bytes, 1)?[0];
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(GrpcError::MALFORMED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_are_skipped() {
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
    fn malformed_message_is_rejected() {
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
    fn long_name_has_a_two_byte_length() {
        let name = "n".repeat(200);
        let bytes = list_response(&[(&name, ServingStatus::NotServing)]);
        let message = unframe(&bytes).unwrap();
        // The entry has 3 + 200 + 4 = 207 bytes, a length of two bytes.
        assert_eq!(message[..6], [0x0a, 0xcf, 0x01, 0x0a, 0xc8, 0x01]);
        assert_eq!(message[message.len() - 4..], [0x12, 2, 0x08, 2]);
    }
}
