//! Finds the messages in the data of a gRPC body.

/// The bytes before each message: a flag, and the length in four bytes, most significant first (gRPC over HTTP/2,
/// "Length-Prefixed-Message").
const HEADER_LEN: usize = 5;

/// Where in the messages of a body the data ends that was scanned until now.
#[derive(Debug, Default)]
pub(super) struct MessageScanner {
    /// The bytes of the header of the next message that were scanned.
    header: usize,
    length: u32,
    /// The bytes of the message that are missing.
    missing: usize,
}

// === impl MessageScanner ===

impl MessageScanner {
    /// Scans the next data of the body, and returns the number of messages that are complete with it.
    pub(super) fn scan(&mut self, mut data: &[u8]) -> u64 {
        let mut messages = 0;
        while let Some((first, rest)) = data.split_first() {
            if self.header < HEADER_LEN {
                // The flag goes out of the length with the fourth byte after it.
                self.length = self.length << 8 | u32::from(*first);
                self.header += 1;
                data = rest;
                if self.header < HEADER_LEN {
                    continue;
                }
                self.missing = usize::try_from(self.length).unwrap_or(usize::MAX);
            }
            let passed = self.missing.min(data.len());
            self.missing -= passed;
            data = &data[passed..];
            if self.missing == 0 {
                messages += 1;
                *self = Self::default();
            }
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns the body of messages of these lengths. A flag of 1 means a compressed message.
    fn body(lengths: &[usize]) -> Vec<u8> {
        let mut body = Vec::new();
        for (index, length) in lengths.iter().enumerate() {
            body.push((index % 2) as u8);
            body.extend(u32::try_from(*length).unwrap().to_be_bytes());
            body.resize(body.len() + length, 0xff);
        }
        body
    }

    #[test]
    fn message_counts_when_its_last_byte_has_passed() {
        let body = body(&[3, 0]);
        let mut scanner = MessageScanner::default();
        let counts: Vec<u64> = body.iter().map(|byte| scanner.scan(&[*byte])).collect();
        assert_eq!(counts, [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    }

    proptest! {
        #[test]
        fn messages_are_found_however_the_body_is_cut(
            lengths in prop::collection::vec(0_usize..600, 0..12),
            cuts in prop::collection::vec(1_usize..40, 1..20),
        ) {
            let body = body(&lengths);
            let mut scanner = MessageScanner::default();
            let (mut rest, mut found, mut cuts) = (&body[..], 0, cuts.iter().cycle());
            while !rest.is_empty() {
                let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                found += scanner.scan(piece);
                rest = after;
            }
            prop_assert_eq!(found, lengths.len() as u64);
        }
    }
}
