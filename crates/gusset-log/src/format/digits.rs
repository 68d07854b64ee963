//! Digits, several at once: every line has some fifty of them.

/// A one in each byte of a word.
const ONES: u64 = u64::MAX / 255;

/// The digits of a number of at most eight, all at once: halves, then pairs, then digits, each in its own
/// part of a word.
#[inline]
pub(crate) fn eight(number: u64) -> [u8; 8] {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    // Divisions by 100 and by 10 as multiplications, exact for numbers so small.
    let hundreds = ((halves * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = tens | ((pairs - 10 * tens) << 8);
    (digits | (ONES * 0x30)).to_le_bytes()
}

/// `00` to `99`.
pub(crate) static PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

/// `00` to `ff`.
pub(super) static HEX: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn eight_digits_are_those_of_the_number(number in 0..100_000_000_u64) {
            prop_assert_eq!(eight(number).to_vec(), format!("{number:08}").into_bytes());
        }
    }
}
