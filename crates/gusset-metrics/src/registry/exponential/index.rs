//! The bucket of a value in an exponential histogram.
//!
//! The rule is that of OpenTelemetry's data model, "ExponentialHistogram": the bucket `i` of scale `s` has the
//! values `base^i < value <= base^(i+1)`, with `base = 2^(2^-s)`. Every boundary of a scale is one of the next
//! greater scale. So the index is computed at [`MAX_SCALE`] only, and a shift makes that of any other scale from it.
//!
//! Logarithms are inexact near a boundary. Here the exponent is read from the bits of the number, and the
//! mantissa is compared with a table of boundaries, which is exact.

/// The greatest scale: 256 buckets for each power of two. Prometheus's greatest schema is the same.
pub(super) const MAX_SCALE: i32 = 8;

/// The least scale: two buckets have all numbers. OpenTelemetry's SDKs have the same minimum.
pub(super) const MIN_SCALE: i32 = -10;

/// The greatest magnitude that is counted as zero: 2^-128, the default of Prometheus's client libraries.
/// All greater numbers are normal ones, so their exponent is that of their bits.
pub(super) const ZERO_THRESHOLD: f64 = f64::from_bits((1023 - 128) << MANTISSA_BITS);

const MANTISSA_BITS: u32 = f64::MANTISSA_DIGITS - 1;
const MANTISSA_MASK: u64 = (1 << MANTISSA_BITS) - 1;

/// The boundaries between one and two.
const BOUNDARIES_PER_OCTAVE: usize = 1 << MAX_SCALE;

/// The parts of equal width into which the mantissas are divided. The least distance of two boundaries is
/// that of 1 and 2^(1/256), which is more than 1/512. So a part has at most one boundary.
const PARTS: usize = 512;
const PART_SHIFT: u32 = MANTISSA_BITS - PARTS.ilog2();

/// The mantissas of the boundaries, rounded down. Only the first, 1, is a number with 52 bits of mantissa, so
/// a mantissa is above a boundary exactly if it is greater than the rounded one. The last entry is above all
/// mantissas.
static BOUNDARIES: [u64; BOUNDARIES_PER_OCTAVE + 1] = boundaries();

/// The number of boundaries below the start of each part.
static BELOW: [u16; PARTS] = below();

/// Returns the index at [`MAX_SCALE`] of a magnitude above [`ZERO_THRESHOLD`].
#[inline]
pub(super) fn bucket_index(magnitude: f64) -> i32 {
    let bits = magnitude.to_bits();
    // Positive and finite, so the upper bits are those of the exponent: 11 of them.
    let exponent = (bits >> MANTISSA_BITS) as i32 - 1023;
    let mantissa = bits & MANTISSA_MASK;
    let below = usize::from(BELOW[(mantissa >> PART_SHIFT) as usize]);
    let below = below + usize::from(mantissa > BOUNDARIES[below]);
    // A power of two is above none, and is in the last bucket of the octave below it.
    (exponent << MAX_SCALE) + below as i32 - 1
}

const fn boundaries() -> [u64; BOUNDARIES_PER_OCTAVE + 1] {
    let mut boundaries = [u64::MAX; BOUNDARIES_PER_OCTAVE + 1];
    let mut index = 0;
    while index < BOUNDARIES_PER_OCTAVE {
        boundaries[index] = boundary(index);
        index += 1;
    }
    boundaries
}

/// Returns the mantissa of `2^(index/256)`.
///
/// `2^0.b1b2b3…` is the root of `2^b1 · 2^0.b2b3…`. So eight roots, one for each binary digit, give the number.
/// Each root halves the relative error so far, which is that of rounding to 63 bits. A test compares all of
/// them with integers of any size.
const fn boundary(index: usize) -> u64 {
    const FRACTION_BITS: u32 = 63;
    let mut root: u128 = 1 << FRACTION_BITS;
    let mut digit = 0;
    while digit < MAX_SCALE {
        let bit = (index >> digit) & 1;
        root = (root << (FRACTION_BITS as usize + bit)).isqrt();
        digit += 1;
    }
    (root >> (FRACTION_BITS - MANTISSA_BITS)) as u64 & MANTISSA_MASK
}

const fn below() -> [u16; PARTS] {
    let mut below = [0; PARTS];
    let mut part = 0;
    let mut count = 0;
    while part < PARTS {
        let start = (part as u64) << PART_SHIFT;
        while BOUNDARIES[count] < start {
            count += 1;
        }
        below[part] = count as u16;
        part += 1;
    }
    below
}

#[cfg(test)]
mod tests {
    use num_bigint::BigUint;
    use proptest::prelude::*;

    use super::*;

    /// Returns the index of a value by the definition, with integers of any size.
    ///
    /// A value is `mantissa · 2^exponent`, and the index is the greatest `i` with `2^(i/256) < value`, so with
    /// `2^(i - 256 · exponent) < mantissa^256`.
    fn model(value: f64) -> i32 {
        let bits = value.to_bits();
        let mantissa = bits & MANTISSA_MASK | 1 << MANTISSA_BITS;
        let exponent = (bits >> MANTISSA_BITS) as i32 - 1023 - MANTISSA_BITS as i32;
        let power = BigUint::from(mantissa).pow(256);
        // The greatest power of two that is less.
        let less = (power - 1_u32).bits() as i32 - 1;
        256 * exponent + less
    }

    fn next(value: f64, ulps: i64) -> f64 {
        f64::from_bits(value.to_bits().saturating_add_signed(ulps))
    }

    fn values() -> impl Strategy<Value = f64> {
        let magnitude =
            (ZERO_THRESHOLD.to_bits() + 1..=f64::MAX.to_bits()).prop_map(f64::from_bits);
        // Near boundaries: the results of `powf`, which are off by a few units in the last place, and powers
        // of two.
        let near = (-32_000_i32..262_000, -3_i64..=3)
            .prop_map(|(index, ulps)| next((f64::from(index) / 256.0).exp2(), ulps));
        let power_of_two = (-127_i32..1024).prop_map(|exponent| f64::from(exponent).exp2());
        prop_oneof![magnitude, near, power_of_two]
    }

    proptest! {
        #[test]
        fn index_is_exact(value in values()) {
            prop_assert_eq!(bucket_index(value), model(value), "{:e}", value);
        }

        #[test]
        fn index_of_lesser_scale_follows_from_a_shift(value in values(), scale in -10_i32..0) {
            // The index of a scale that is not positive, by the exponent alone ("Scale Zero: Extract the
            // Exponent" of the data model).
            let is_power_of_two = value.to_bits() & MANTISSA_MASK == 0;
            let exponent = (value.to_bits() >> MANTISSA_BITS) as i32 - 1023 - i32::from(is_power_of_two);
            prop_assert_eq!(bucket_index(value) >> (MAX_SCALE - scale), exponent >> -scale);
        }
    }

    #[test]
    fn every_boundary_is_exact() {
        for (index, &rounded) in BOUNDARIES[..BOUNDARIES_PER_OCTAVE].iter().enumerate() {
            // In units of 2^-52: `n^256 <= 2^(256·52 + index) < (n + 1)^256`.
            let power = BigUint::from(1_u32) << (256 * MANTISSA_BITS as usize + index);
            let number = BigUint::from(rounded | 1 << MANTISSA_BITS);
            assert!(number.pow(256) <= power, "{index}");
            assert!((number + 1_u32).pow(256) > power, "{index}");
        }
    }

    #[test]
    fn upper_boundary_is_in_the_bucket() {
        for exponent in [-127, -1, 0, 1, 10, 1023] {
            let power = f64::from(exponent).exp2();
            assert_eq!(bucket_index(power), 256 * exponent - 1);
            assert_eq!(bucket_index(next(power, 1)), 256 * exponent);
            assert_eq!(bucket_index(next(power, -1)), 256 * exponent - 1);
        }
        assert_eq!(bucket_index(next(ZERO_THRESHOLD, 1)), -128 * 256);
        assert_eq!(bucket_index(f64::MAX), 1024 * 256 - 1);
    }
}
