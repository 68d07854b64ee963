//! Random numbers that depend on nothing but the seed, the rule and the call.
//!
//! Each is a hash, and no generator has a state: other rules, threads and retries draw without an effect on it.

/// What a number is drawn for. The draws of one call are independent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Rule = 1,
    Delay = 2,
    Latency = 3,
    Fault = 4,
    Body = 5,
}

/// Returns the number of a call. `number` is its ordinal, or the hash of its key.
pub(crate) fn draw(seed: u64, rule: u64, stream: Stream, number: u64) -> u64 {
    mix(mix(mix(seed ^ rule) ^ stream as u64) ^ number)
}

/// Returns whether the draw is within a share of parts per million: never for 0, always for 1,000,000.
pub(crate) fn is_within(draw: u64, share_ppm: u32) -> bool {
    (u128::from(draw) * 1_000_000) >> u64::BITS < u128::from(share_ppm)
}

/// Returns the draw as a fraction, from 0 up to and excluding 1, with the 53 bits that an `f64` has.
pub(crate) fn fraction(draw: u64) -> f64 {
    const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;
    (draw >> 11) as f64 * UNIT
}

/// Returns the hash of a text: FNV-1a, then mixed. It is the same on every platform and in every version.
pub(crate) fn hash(text: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    mix(text.iter().fold(0xcbf2_9ce4_8422_2325, step))
}

/// Returns a hash of a number: the output function of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn share_of_nothing_and_of_all_are_exact() {
        for draw in [0, 1, u64::MAX / 2, u64::MAX] {
            assert!(!is_within(draw, 0));
            assert!(is_within(draw, 1_000_000));
        }
    }

    #[test]
    fn share_is_met_within_its_error() {
        let hits = |share| {
            let draws = (0..100_000).map(|number| draw(7, hash(b"slow"), Stream::Rule, number));
            draws.filter(|draw| is_within(*draw, share)).count()
        };
        // Six standard deviations of a binomial distribution.
        assert!(hits(100_000).abs_diff(10_000) < 570);
        assert!(hits(500_000).abs_diff(50_000) < 950);
    }

    #[test]
    fn draws_of_one_call_are_independent() {
        let both = (0..100_000).filter(|number| {
            let hit = |stream| is_within(draw(7, 1, stream, *number), 500_000);
            hit(Stream::Delay) && hit(Stream::Fault)
        });
        assert!(both.count().abs_diff(25_000) < 850);
    }
}
