//! Whether a text may stand in a line as it is.

/// Whether all bytes are printable ASCII other than `"` and `\`: what most texts are, eight at a time.
pub(crate) fn is_plain(text: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| offences(u64::from_ne_bytes(*bytes));
    let bad = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        // Two words that may overlap.
        (Some(first), Some(last)) if text.len() <= 16 => word(first) | word(last),
        (_, Some(last)) => text.chunks_exact(8).fold(word(last), |bad, chunk| {
            bad | word(chunk.try_into().expect("eight bytes"))
        }),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
                offences(u64::from(first) << 32 | u64::from(last))
            }
            _ => return text.iter().all(|byte| PLAIN[usize::from(*byte)]),
        },
    };
    bad & HIGH == 0
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// The high bit of some byte is set if any byte may not stand as it is.
#[inline]
const fn offences(word: u64) -> u64 {
    /// The high bit of a byte that is zero; of those above it, one knows nothing.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(ONES) & !word
    }
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let quotes = zeros(word ^ (ONES * 0x22)) | zeros(word ^ (ONES * 0x5c));
    word | control | quotes | zeros(word ^ (ONES * 0x7f))
}

static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0x20;
    while byte < 0x7f {
        plain[byte] = byte != 0x22 && byte != 0x5c;
        byte += 1;
    }
    plain
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn plain_is_what_a_slow_look_finds_plain(text: Vec<u8>) {
            let slow = text.iter().all(|byte| PLAIN[usize::from(*byte)]);
            prop_assert_eq!(is_plain(&text), slow);
        }
    }
}
