//! A buffer for one log entry, with a limit for the entry and for each value.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use super::fast_digits::{HEX, ZEROS, eight_digits};

/// The bytes that are reserved for the end of an entry: ids, marks, open braces.
pub(crate) const TAIL_RESERVE: usize = 1024;

/// A log entry that is being written.
///
/// Values of unknown length are written through a [`ValueWriter`], which stops at the limit. Short
/// constants are pushed unchecked: they fit into the reserve.
#[derive(Default)]
pub(crate) struct LineBuffer {
    bytes: Vec<u8>,
    /// Values end here, so that the reserve stays free.
    value_limit: usize,
    max_value_bytes: usize,
    /// Whether anything was omitted.
    pub(crate) is_truncated: bool,
}

/// How a format escapes texts.
pub(crate) trait Escape {
    /// Returns whether the text needs no escaping.
    fn is_clean(text: &[u8]) -> bool;

    /// Writes the replacement of a character; returns `false` if it needs none.
    fn escape(c: char, out: &mut EscapeSeq) -> bool;
}

#[derive(Debug, Default)]
pub(crate) struct EscapeSeq {
    bytes: [u8; 16],
    len: usize,
}

pub(crate) struct ValueWriter<'a, E> {
    line: &'a mut LineBuffer,
    left: usize,
    escape: PhantomData<fn() -> E>,
}

// === impl LineBuffer ===

impl LineBuffer {
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            ..Self::default()
        }
    }

    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Starts a new entry of at most `max_bytes`, with values of at most `max_value_bytes`.
    #[inline]
    pub(crate) fn begin(&mut self, max_bytes: usize, max_value_bytes: usize) {
        self.bytes.clear();
        self.value_limit = max_bytes - TAIL_RESERVE;
        self.max_value_bytes = max_value_bytes;
        self.is_truncated = false;
    }

    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    #[inline]
    pub(crate) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Returns whether this many bytes fit; marks the entry as truncated if not.
    #[inline]
    pub(crate) fn has_room(&mut self, len: usize) -> bool {
        let fits = self.bytes.len() + len <= self.value_limit;
        self.is_truncated |= !fits;
        fits
    }

    #[inline]
    pub(crate) fn value<E: Escape>(&mut self) -> ValueWriter<'_, E> {
        let left = self.value_limit.saturating_sub(self.bytes.len());
        ValueWriter {
            left: left.min(self.max_value_bytes),
            line: self,
            escape: PhantomData,
        }
    }

    #[inline]
    pub(crate) fn text<E: Escape>(&mut self, text: &str) {
        let _ = self.value::<E>().append(text);
    }

    #[inline]
    pub(crate) fn number(&mut self, number: impl itoa::Integer) {
        self.push(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Writes nanoseconds as seconds, without trailing zeros. A parser reads exactly the quotient.
    #[inline]
    pub(crate) fn seconds(&mut self, nanos: u64) {
        self.keyed_seconds(*b"0.000000000", nanos);
    }

    /// Writes seconds after their key: `text` ends with `0.000000000`, which is replaced.
    #[inline]
    pub(crate) fn keyed_seconds<const LEN: usize>(&mut self, mut text: [u8; LEN], nanos: u64) {
        const SECOND: u64 = 1_000_000_000;
        // Most requests take less than a second: then key and value are one copy.
        if nanos < SECOND && nanos % 10 != 0 {
            text[LEN - 9..LEN - 1].copy_from_slice(&eight_digits(nanos / 10));
            text[LEN - 1] = b'0' + (nanos % 10) as u8;
            return self.push(&text);
        }
        self.push(&text[..LEN - 11]);
        self.decimal(nanos / SECOND, nanos % SECOND);
    }

    /// Writes a number with a fraction of nine digits, without trailing zeros. One zero stays, so that
    /// every parser reads a floating-point number.
    #[inline]
    fn decimal(&mut self, whole: u64, fraction: u64) {
        match whole {
            0..=9 => self.byte(b'0' + whole as u8),
            10..=99 => self.push(&[b'0' + (whole / 10) as u8, b'0' + (whole % 10) as u8]),
            _ => self.number(whole),
        }
        let mut text = *b".000000000";
        let digits = eight_digits(fraction / 10);
        text[1..9].copy_from_slice(&digits);
        text[9] = b'0' + (fraction % 10) as u8;
        let zeros = match fraction % 10 {
            // Those at the end are the upper bytes of the word.
            0 => 1 + (u64::from_le_bytes(digits) ^ ZEROS).leading_zeros() / 8,
            _ => 0,
        };
        // A copy of a fixed length is cheaper than one of a length that varies.
        self.push(&text);
        self.bytes
            .truncate(self.bytes.len() - zeros.min(8) as usize);
    }

    /// Writes a range of the entry again.
    #[inline]
    pub(crate) fn repeat(&mut self, range: Range<usize>) {
        self.bytes.extend_from_within(range);
    }

    /// Writes a finite number, so that a parser reads exactly that number.
    pub(crate) fn float(&mut self, number: f64) {
        // Most numbers have few decimals. If the quotient of two whole numbers is exactly the number,
        // its digits are known.
        let scaled = number.abs() * 1e6;
        if scaled < 9e15 {
            let whole = scaled as u64;
            if whole as f64 / 1e6 == number.abs() {
                if number.is_sign_negative() {
                    self.byte(b'-');
                }
                return self.decimal(whole / 1_000_000, whole % 1_000_000 * 1000);
            }
        }
        self.push(ryu::Buffer::new().format(number).as_bytes());
    }

    #[inline]
    pub(crate) fn hex<const BYTES: usize>(&mut self, bytes: [u8; BYTES]) {
        let (words, rest) = bytes.split_at(BYTES / 4 * 4);
        let mut digits = [[0; 2]; BYTES];
        let (word_digits, rest_digits) = digits.as_flattened_mut().split_at_mut(words.len() * 2);
        for (word, digits) in words.chunks_exact(4).zip(word_digits.chunks_exact_mut(8)) {
            let word = u32::from_be_bytes(word.try_into().expect("four bytes"));
            digits.copy_from_slice(&hex_digits(word));
        }
        for (byte, digits) in rest.iter().zip(rest_digits.chunks_exact_mut(2)) {
            digits.copy_from_slice(&HEX[usize::from(*byte)]);
        }
        self.push(digits.as_flattened());
    }
}

/// Returns the eight digits of a word, all at a time: 16 instructions, where a table takes 36.
#[inline]
fn hex_digits(word: u32) -> [u8; 8] {
    const ONES: u64 = u64::MAX / 255;
    // One nibble for each byte.
    let word = u64::from(word);
    let word = (word << 16 | word) & 0x0000_ffff_0000_ffff;
    let word = (word << 8 | word) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (word << 4 | word) & (ONES * 0x0f);
    // Adding 6 carries into the high half of the byte from 10 on. `a` is 39 above the character after `9`.
    let are_letters = (nibbles + ONES * 6) >> 4 & ONES;
    (nibbles + ONES * u64::from(b'0') + are_letters * 39).to_be_bytes()
}

// === impl ValueWriter ===

impl<E: Escape> ValueWriter<'_, E> {
    /// Appends a text, or as much of it as fits.
    #[inline]
    pub(crate) fn append(&mut self, text: &str) -> fmt::Result {
        if text.len() <= self.left && E::is_clean(text.as_bytes()) {
            self.line.push(text.as_bytes());
            self.left -= text.len();
            return Ok(());
        }
        self.write_escaped(text)
    }

    fn write_escaped(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let mut sequence = EscapeSeq::default();
            if !E::escape(c, &mut sequence) {
                let mut buf = [0; 4];
                sequence.append(c.encode_utf8(&mut buf).as_bytes());
            }
            let bytes = &sequence.bytes[..sequence.len];
            if bytes.len() > self.left {
                self.left = 0;
                self.line.is_truncated = true;
                // The error ends the formatting of what may be megabytes.
                return Err(fmt::Error);
            }
            self.left -= bytes.len();
            self.line.push(bytes);
        }
        Ok(())
    }
}

impl<E: Escape> fmt::Write for ValueWriter<'_, E> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.append(text)
    }
}

// === impl EscapeSeq ===

impl EscapeSeq {
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    /// Writes `\u001b`; characters beyond 16 bits become a surrogate pair.
    pub(crate) fn unicode(&mut self, c: char) {
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            self.append(b"\\u");
            self.hex((*unit >> 8) as u8);
            self.hex(*unit as u8);
        }
    }

    pub(crate) fn hex(&mut self, byte: u8) {
        self.append(&HEX[usize::from(byte)]);
    }
}

/// Returns whether a character controls a terminal, ends a line or changes the direction of text.
/// No format writes such a character unescaped.
pub(crate) fn is_unsafe(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn hex_digits_are_those_of_the_standard_library(word: u32) {
            let digits = hex_digits(word);
            prop_assert_eq!(std::str::from_utf8(&digits).unwrap(), format!("{word:08x}"));
        }
    }

    /// Returns the number that a parser reads.
    fn parse(write: impl FnOnce(&mut LineBuffer)) -> f64 {
        let mut line = LineBuffer::default();
        write(&mut line);
        let text = String::from_utf8(line.bytes).unwrap();
        text.parse().unwrap()
    }

    #[test]
    fn seconds_parse_to_the_quotient() {
        let short = [0, 1, 10, 7_000, 500_000_000, 123_456_789, 1_000_000_000];
        for nanos in short
            .into_iter()
            .chain([61_500_000_000, 100_000_000_000_001])
        {
            assert_eq!(parse(|line| line.seconds(nanos)), nanos as f64 / 1e9);
        }
    }

    #[test]
    fn floats_parse_to_themselves() {
        let usual = [0.0, -0.5, 12.5, 1e-7, 0.1 + 0.2];
        for number in usual
            .into_iter()
            .chain([1e300, 123456.789, f64::MIN_POSITIVE])
        {
            assert_eq!(parse(|line| line.float(number)), number);
        }
    }

    proptest! {
        #[test]
        fn short_seconds_parse_to_the_quotient(nanos in 0..2_000_000_000_u64) {
            prop_assert_eq!(parse(|line| line.seconds(nanos)), nanos as f64 / 1e9);
        }

        #[test]
        fn any_seconds_parse_to_the_quotient(nanos in 0..1_u64 << 53) {
            prop_assert_eq!(parse(|line| line.seconds(nanos)), nanos as f64 / 1e9);
        }

        #[test]
        fn any_float_parses_to_itself(number in proptest::num::f64::NORMAL) {
            prop_assert_eq!(parse(|line| line.float(number)), number);
        }
    }
}
