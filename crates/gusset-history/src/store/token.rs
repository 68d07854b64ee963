//! The bytes of a series: one token for each reading, or for a run of readings.
//!
//! ```text
//! 0b00nnnnnn                n + 1 readings without a change
//! 0b01nnnnnn                n + 1 readings without the series
//! 0b10sssLLL <bytes>        the bits of the number, XOR those before: L + 1 bytes, followed by s zero bytes
//! 0xc0 <zigzag>             the number is an integer, and so was the one before: their difference
//! 0xc1 <token>              the series restarted: the token is relative to zero
//! 0xc2 <counts> <token>     a histogram: what was added to its buckets, and the token of its sum
//! 0xc3 <zigzag> <token>     an exponential histogram has this scale from now on
//! ```
//!
//! Integers have seven bits a byte, the least significant first. Counts are their number, and for each the
//! difference of its key from the one before and what was added.

pub(super) const SAME: u8 = 0x00;
pub(super) const ABSENT: u8 = 0x40;
pub(super) const XOR: u8 = 0x80;
pub(super) const INTEGER: u8 = 0xc0;
pub(super) const RESTART: u8 = 0xc1;
pub(super) const HISTOGRAM: u8 = 0xc2;
pub(super) const SCALE: u8 = 0xc3;

/// The bits of a run's token that are its length.
pub(super) const RUN_LENGTH: u8 = 0x3f;

/// The greatest integer up to which all integers are exact in a float.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes a number, given the one before.
pub(super) fn write_number(token: &mut Vec<u8>, before: f64, now: f64) {
    let xor = before.to_bits() ^ now.to_bits();
    if xor == 0 {
        token.push(SAME);
        return;
    }
    if let (Some(before), Some(now)) = (exact_integer(before), exact_integer(now)) {
        token.push(INTEGER);
        write_signed(token, now - before);
        return;
    }
    let shift = xor.trailing_zeros() / 8;
    let length = 8 - xor.leading_zeros() / 8 - shift;
    let header = (shift << 3) | (length - 1);
    token.push(XOR | u8::try_from(header).expect("two numbers of three bits"));
    token.extend_from_slice(&(xor >> (8 * shift)).to_le_bytes()[..length as usize]);
}

/// Reads a number, given the header of its token and the number before.
pub(super) fn read_number(header: u8, bytes: &mut impl Iterator<Item = u8>, before: f64) -> f64 {
    match header {
        SAME => before,
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "both are integers of less than 54 bits, or the token would be another one"
        )]
        INTEGER => (before as i64 + read_signed(bytes)) as f64,
        _ => {
            let (shift, length) = ((header >> 3) & 7, (header & 7) + 1);
            let mut xor = [0; 8];
            for (byte, read) in xor.iter_mut().zip(bytes.take(length.into())) {
                *byte = read;
            }
            f64::from_bits(before.to_bits() ^ (u64::from_le_bytes(xor) << (8 * u32::from(shift))))
        }
    }
}

/// Writes what was added to counts, in the order of their keys.
pub(super) fn write_counts(token: &mut Vec<u8>, added: &[(i64, u64)]) {
    write_unsigned(token, added.len() as u64);
    let mut before = 0;
    for (key, count) in added {
        write_signed(token, key.wrapping_sub(before));
        write_unsigned(token, *count);
        before = *key;
    }
}

pub(super) fn read_counts(bytes: &mut impl Iterator<Item = u8>) -> Box<[(i64, u64)]> {
    let mut key = 0_i64;
    let length = read_unsigned(bytes);
    let counts = (0..length).map(|_| {
        key = key.wrapping_add(read_signed(bytes));
        (key, read_unsigned(bytes))
    });
    counts.collect()
}

pub(super) fn write_signed(token: &mut Vec<u8>, value: i64) {
    // The casts keep the bits.
    write_unsigned(token, ((value << 1) ^ (value >> 63)) as u64);
}

pub(super) fn read_signed(bytes: &mut impl Iterator<Item = u8>) -> i64 {
    let zigzag = read_unsigned(bytes);
    (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)
}

fn write_unsigned(token: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        token.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    token.push(value as u8);
}

fn read_unsigned(bytes: &mut impl Iterator<Item = u8>) -> u64 {
    let mut value = 0;
    for (at, byte) in bytes.enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// Returns the integer that this number is, if its bits are those of the integer as a float.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "the result is compared with the number"
)]
fn exact_integer(number: f64) -> Option<i64> {
    let integer = number as i64;
    let is_exact = number.abs() <= MAX_EXACT && (integer as f64).to_bits() == number.to_bits();
    is_exact.then_some(integer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<u64>().prop_map(f64::from_bits),
            any::<i32>().prop_map(f64::from),
            (-MAX_EXACT..MAX_EXACT).prop_map(f64::round),
            Just(-0.0),
            Just(0.0),
        ]
    }

    proptest! {
        #[test]
        fn numbers_are_read_bit_by_bit(before in number(), now in number()) {
            let mut token = Vec::new();
            write_number(&mut token, before, now);
            prop_assert!(token.len() <= 10);
            let mut bytes = token.into_iter();
            let header = bytes.next().expect("each token has a header");
            let read = read_number(header, &mut bytes, before);
            prop_assert_eq!(read.to_bits(), now.to_bits());
            prop_assert_eq!(bytes.next(), None);
        }

        #[test]
        fn counts_are_read_as_written(added: Vec<(i64, u64)>) {
            let mut token = Vec::new();
            write_counts(&mut token, &added);
            let mut bytes = token.into_iter();
            prop_assert_eq!(&*read_counts(&mut bytes), &added);
            prop_assert_eq!(bytes.next(), None);
        }
    }

    #[test]
    fn small_step_of_a_counter_has_two_bytes() {
        let mut token = Vec::new();
        write_number(&mut token, 1_000_000.0, 1_000_063.0);
        assert_eq!(token.len(), 2);
    }
}
