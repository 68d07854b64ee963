//! Conversion of several digits at once: an entry has about fifty of them.

/// The value one in each byte of a word.
const ONES: u64 = u64::MAX / 255;

/// The digit `0` in each byte of a word.
pub(crate) const ZEROS: u64 = ONES * 0x30;

/// Returns the eight digits of a number below 100,000,000.
///
/// It splits the number into halves, pairs and digits, all lanes of one word at once. A test compares
/// it with `format!`.
#[inline]
pub(crate) fn eight_digits(number: u64) -> [u8; 8] {
    let halves = (number / 10_000) | ((number % 10_000) << 32);
    // Divisions by 100 and by 10 as multiplications. They are exact below 10,000 and 100.
    let hundreds = ((halves * 10_486) >> 20) & 0x7f_0000_007f;
    let pairs = hundreds | ((halves - 100 * hundreds) << 16);
    let tens = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    let digits = tens | ((pairs - 10 * tens) << 8);
    (digits | ZEROS).to_le_bytes()
}

/// The digits `00` to `ff`.
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
        fn eight_digits_equal_formatted_number(number in 0..100_000_000_u64) {
            prop_assert_eq!(eight_digits(number).to_vec(), format!("{number:08}").into_bytes());
        }
    }
}
