//! Strict hexadecimal numbers: digits alone, without sign, prefix or space.
#![cfg_attr(
    not(all(feature = "b3", feature = "jaeger", feature = "xray")),
    allow(dead_code, reason = "needed by the formats that are disabled")
)]

/// Which letters count as digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Any,
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The value of each byte as a lower-case digit, or `INVALID`.
static LOWER: [u8; 256] = {
    let mut values = [INVALID; 256];
    let mut digit = 0;
    while digit < 16 {
        values[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

/// Has bits that no digit has, so that one test after a loop finds any invalid byte.
const INVALID: u8 = 0xf0;

/// Parses up to 16 lower-case digits without a branch for each: eight at a time, then by table.
#[inline]
pub(crate) fn parse_lower(digits: &[u8]) -> Option<u64> {
    let (mut number, mut rest) = (0, digits);
    while let Some((eight, others)) = rest.split_first_chunk() {
        number = number << 32 | u64::from(parse_eight(u64::from_be_bytes(*eight))?);
        rest = others;
    }
    let mut all = 0;
    for &byte in rest {
        let value = LOWER[byte as usize];
        all |= value;
        number = number << 4 | u64::from(value & 0xf);
    }
    (all & INVALID == 0).then_some(number)
}

/// Parses eight lower-case digits at once, each in a byte of `text`.
///
/// It computes the values as if the text were valid, formats them again, and compares the result with
/// the text. They are equal exactly if each byte is a digit.
#[inline]
fn parse_eight(text: u64) -> Option<u32> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Letters have bit 6 set, and the low four bits of `a` are 1.
    let letters = (text >> 6) & ONES;
    let values = (text & (ONES * 0xf)) + letters * 9;
    // Adding 6 carries into bit 4 from the value 10 on. `a` is 0x27 above the byte after `9`.
    let tens = ((values + ONES * 6) >> 4) & ONES;
    let formatted = values + ONES * 0x30 + tens * 0x27;
    if formatted != text || values & (ONES * 0xf0) != 0 {
        return None;
    }
    // Pack eight nibbles, one a byte, by halving the gaps three times.
    let pairs = (values | (values >> 4)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | (pairs >> 8)) & 0x0000_ffff_0000_ffff;
    Some((fours | (fours >> 16)) as u32)
}

/// Parses one to 32 digits.
pub(crate) fn parse(digits: &[u8], case: Case) -> Option<u128> {
    if digits.is_empty() || digits.len() > 32 {
        return None;
    }
    digits.iter().try_fold(0, |number, &byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' if case == Case::Any => byte - b'A' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

/// Formats the lowest digits of `number`, as many as `place` has bytes.
pub(crate) fn format(mut number: u128, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = DIGITS[(number & 0xf) as usize];
        number >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_parsed() {
        assert_eq!(parse(b"00ff", Case::Lower), Some(255));
        assert_eq!(parse(&[b'f'; 32], Case::Lower), Some(u128::MAX));
        assert_eq!(parse(b"FF", Case::Any), Some(255));
        for invalid in [
            &b""[..],
            b"+1",
            b"-1",
            b"0x1",
            b" 1",
            b"g",
            b"FF",
            &[b'0'; 33],
        ] {
            assert_eq!(parse(invalid, Case::Lower), None, "{invalid:?}");
        }
    }

    #[test]
    fn fast_parser_agrees_with_simple_one() {
        for digits in [&b"0123456789abcdef"[..], b"0", b"ffffffffffffffff"] {
            let simple = parse(digits, Case::Lower).unwrap();
            assert_eq!(parse_lower(digits).map(u128::from), Some(simple));
        }
        for byte in 0..=255 {
            let is_digit = parse(&[byte], Case::Lower).is_some();
            assert_eq!(parse_lower(&[b'0', byte]).is_some(), is_digit, "{byte}");
            for at in 0..8 {
                let mut digits = *b"0a9f5c31";
                digits[at] = byte;
                let simple = parse(&digits, Case::Lower);
                let fast = parse_lower(&digits).map(u128::from);
                assert_eq!(fast, simple, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn number_is_padded_with_zeros() {
        let mut place = [0; 4];
        format(0xabc, &mut place);
        assert_eq!(&place, b"0abc");
    }
}
