//! Ids of traces and spans as lower-case hexadecimal digits, as the W3C's Trace Context and OTLP's JSON write them.
//!
//! For reports, pages and beacons. The formats of a log entry and of a header write them without an allocation.
//!
//! ```
//! use gusset_data::hex;
//!
//! assert_eq!(hex::encode(&[0x0a, 0xf7]), "0af7");
//! assert_eq!(hex::decode("0af7"), Some([0x0a, 0xf7]));
//! assert_eq!(hex::decode::<2>("0AF7"), None, "not lower-case");
//! ```

use std::fmt::Write as _;

/// Returns two digits for each byte.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Returns the bytes of digits. `None` unless the text is two lower-case digits for each of the `N` bytes.
pub fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_decoded_as_it_was_encoded() {
        for byte in 0..=u8::MAX {
            assert_eq!(decode(&encode(&[byte])), Some([byte]));
        }
    }

    #[test]
    fn other_texts_are_no_bytes() {
        for text in ["", "0", "000", "0g", "+f", " f", "0F", "é"] {
            assert_eq!(decode::<1>(text), None, "{text:?}");
        }
    }
}
