//! Hexadecimal digits, read strictly.

/// Whether capitals are digits too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Any,
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// What each byte is as a lower-case digit; `BAD` if it is none.
static LOWER: [u8; 256] = {
    let mut values = [BAD; 256];
    let mut digit = 0;
    while digit < 16 {
        values[DIGITS[digit] as usize] = digit as u8;
        digit += 1;
    }
    values
};

const BAD: u8 = 0xf0;

/// The number that up to 16 lower-case digits are, without a branch for each: eight at once.
#[inline]
pub(crate) fn lower(digits: &[u8]) -> Option<u64> {
    let (mut number, mut rest) = (0, digits);
    while let Some((eight, others)) = rest.split_first_chunk() {
        number = number << 32 | u64::from(eight_lower(u64::from_be_bytes(*eight))?);
        rest = others;
    }
    let mut seen = 0;
    for &byte in rest {
        let value = LOWER[byte as usize];
        seen |= value;
        number = number << 4 | u64::from(value & 0xf);
    }
    (seen & BAD == 0).then_some(number)
}

/// The number that eight lower-case digits are, each a byte of `text`.
#[inline]
fn eight_lower(text: u64) -> Option<u32> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // Of letters bit 6 is set, and `a` ends in 1.
    let letters = (text >> 6) & ONES;
    let values = (text & (ONES * 0xf)) + letters * 9;
    // Written again, digits are what was read, and nothing else is.
    let tens = ((values + ONES * 6) >> 4) & ONES;
    let written = values + ONES * 0x30 + tens * 0x27;
    if written != text || values & (ONES * 0xf0) != 0 {
        return None;
    }
    let pairs = (values | (values >> 4)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | (pairs >> 8)) & 0x0000_ffff_0000_ffff;
    Some((fours | (fours >> 16)) as u32)
}

/// The number that one to 32 digits are. No sign, no prefix, nothing but digits.
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

/// Writes the lowest digits of `number`, as many as there is place for.
pub(crate) fn write(mut number: u128, place: &mut [u8]) {
    for digit in place.iter_mut().rev() {
        *digit = DIGITS[(number & 0xf) as usize];
        number >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_number() {
        assert_eq!(parse(b"00ff", Case::Lower), Some(255));
        assert_eq!(parse(&[b'f'; 32], Case::Lower), Some(u128::MAX));
        assert_eq!(parse(b"FF", Case::Any), Some(255));
        for bad in [
            &b""[..],
            b"+1",
            b"-1",
            b"0x1",
            b" 1",
            b"g",
            b"FF",
            &[b'0'; 33],
        ] {
            assert_eq!(parse(bad, Case::Lower), None, "{bad:?}");
        }
    }

    #[test]
    fn sixteen_digits_are_read_as_any_others() {
        for digits in [&b"0123456789abcdef"[..], b"0", b"ffffffffffffffff"] {
            let slow = parse(digits, Case::Lower).unwrap();
            assert_eq!(lower(digits).map(u128::from), Some(slow));
        }
        for byte in 0..=255 {
            let is_digit = parse(&[byte], Case::Lower).is_some();
            assert_eq!(lower(&[b'0', byte]).is_some(), is_digit, "{byte}");
            for at in 0..8 {
                let mut digits = *b"0a9f5c31";
                digits[at] = byte;
                let number = parse(&digits, Case::Lower);
                assert_eq!(lower(&digits).map(u128::from), number, "{byte} at {at}");
            }
        }
    }

    #[test]
    fn a_number_fills_its_place() {
        let mut place = [0; 4];
        write(0xabc, &mut place);
        assert_eq!(&place, b"0abc");
    }
}
