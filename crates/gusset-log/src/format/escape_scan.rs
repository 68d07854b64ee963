//! A fast check for texts that need no escaping.

/// Returns whether all bytes are printable ASCII other than `"` and `\`.
///
/// Most texts are. The check reads eight bytes at a time. A test compares it with a table look-up.
pub(crate) fn needs_no_escape(text: &[u8]) -> bool {
    let word = |bytes: &[u8; 8]| special_bytes(u64::from_ne_bytes(*bytes));
    let bad = match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        // Two words, which may overlap.
        (Some(first), Some(last)) if text.len() <= 16 => word(first) | word(last),
        (_, Some(last)) => text.chunks_exact(8).fold(word(last), |bad, chunk| {
            bad | word(chunk.try_into().expect("eight bytes"))
        }),
        _ => match (text.first_chunk::<4>(), text.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                let (first, last) = (u32::from_ne_bytes(*first), u32::from_ne_bytes(*last));
                special_bytes(u64::from(first) << 32 | u64::from(last))
            }
            _ => return text.iter().all(|byte| PLAIN[usize::from(*byte)]),
        },
    };
    bad & HIGH == 0
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// Sets the high bit of a byte if any byte of the word needs escaping. Which byte it is stays open:
/// the subtraction borrows from the bytes above.
#[inline]
const fn special_bytes(word: u64) -> u64 {
    /// Sets the high bit of the lowest byte that is zero.
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
        fn fast_scan_equals_table_lookup(text: Vec<u8>) {
            let slow = text.iter().all(|byte| PLAIN[usize::from(*byte)]);
            prop_assert_eq!(needs_no_escape(&text), slow);
        }
    }
}
