//! A line under way: bounded as a whole and in each value.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use super::digits::{HEX, PAIRS, eight};

/// What a line keeps free for its end: the ids, the marks, the braces that are open.
pub(crate) const RESERVE: usize = 1024;

/// A line under way. What is long is written through a [`Value`], which stops where there is no more
/// room; what is short and ours is pushed.
#[derive(Debug)]
pub(crate) struct Line {
    bytes: Vec<u8>,
    /// Where values end, so that the line's end fits.
    limit: usize,
    /// No value is longer, as written.
    longest: usize,
    cut: bool,
}

/// How a format writes what it cannot have as it is.
pub(crate) trait Escape {
    /// Whether all of the text may stand as it is.
    fn is_clean(text: &[u8]) -> bool;

    /// What stands for a character that may not; `false` if it may.
    fn escape(c: char, out: &mut Short) -> bool;
}

/// What stands for one character.
#[derive(Debug, Default)]
pub(crate) struct Short {
    bytes: [u8; 16],
    len: usize,
}

/// Writes one value into a line.
#[derive(Debug)]
pub(crate) struct Value<'a, E> {
    line: &'a mut Line,
    left: usize,
    escape: PhantomData<fn() -> E>,
}

// === impl Line ===

impl Line {
    pub(crate) fn new() -> Self {
        Self {
            bytes: Vec::new(),
            limit: 0,
            longest: 0,
            cut: false,
        }
    }

    /// Begins a new line of at most `cap` bytes, with values of at most `longest`.
    #[inline]
    pub(crate) fn begin(&mut self, cap: usize, longest: usize) {
        self.bytes.clear();
        self.limit = cap - RESERVE;
        self.longest = longest;
        self.cut = false;
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

    /// Takes back what was written after that length.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
    }

    /// Whether anything was left out.
    #[inline]
    pub(crate) fn is_cut(&self) -> bool {
        self.cut
    }

    /// Marks the line as one that lacks something.
    pub(crate) fn mark(&mut self) {
        self.cut = true;
    }

    /// Whether there is room for that many more bytes; marks the line if not.
    #[inline]
    pub(crate) fn has_room(&mut self, len: usize) -> bool {
        let fits = self.bytes.len() + len <= self.limit;
        self.cut |= !fits;
        fits
    }

    /// One value.
    #[inline]
    pub(crate) fn value<E: Escape>(&mut self) -> Value<'_, E> {
        let left = self.limit.saturating_sub(self.bytes.len());
        Value {
            left: left.min(self.longest),
            line: self,
            escape: PhantomData,
        }
    }

    /// A text as one value.
    #[inline]
    pub(crate) fn text<E: Escape>(&mut self, text: &str) {
        let _ = self.value::<E>().put(text);
    }

    #[inline]
    pub(crate) fn number(&mut self, number: impl itoa::Integer) {
        self.push(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Seconds of so many nanoseconds, to the nanosecond and without needless zeros. Read back as a
    /// number they are the same as the division.
    #[inline]
    pub(crate) fn seconds(&mut self, nanos: u64) {
        self.keyed_seconds(*b"0.000000000", nanos);
    }

    /// Seconds behind their key: of a text that ends with `0.000000000`, which they replace.
    #[inline]
    pub(crate) fn keyed_seconds<const LEN: usize>(&mut self, mut text: [u8; LEN], nanos: u64) {
        const SECOND: u64 = 1_000_000_000;
        // Most calls take less than that.
        if nanos < SECOND && nanos % 10 != 0 {
            text[LEN - 9..LEN - 1].copy_from_slice(&eight(nanos / 10));
            text[LEN - 1] = b'0' + (nanos % 10) as u8;
            return self.push(&text);
        }
        self.push(&text[..LEN - 11]);
        self.decimal::<9>(nanos / SECOND, nanos % SECOND);
    }

    /// A number and so many digits of its fraction, without needless zeros but one: a number with a point
    /// is read as the same kind of number everywhere.
    fn decimal<const DIGITS: usize>(&mut self, whole: u64, mut fraction: u64) {
        match whole {
            0..=9 => self.byte(b'0' + whole as u8),
            _ => self.number(whole),
        }
        self.byte(b'.');
        let mut digits = [b'0'; DIGITS];
        let mut len = DIGITS;
        if fraction == 0 {
            len = 1;
        } else {
            while fraction % 1000 == 0 {
                fraction /= 1000;
                len -= 3;
            }
            while fraction % 10 == 0 {
                fraction /= 10;
                len -= 1;
            }
        }
        // From the last digit that counts on; what is left before them are zeros.
        let mut at = len;
        while fraction > 9 {
            at -= 2;
            let pair = PAIRS[(fraction % 100) as usize];
            fraction /= 100;
            digits[at] = pair[0];
            digits[at + 1] = pair[1];
        }
        if fraction > 0 {
            digits[at - 1] = b'0' + fraction as u8;
        }
        self.push(&digits[..len]);
    }

    /// Writes once more what was written there.
    #[inline]
    pub(crate) fn again(&mut self, range: Range<usize>) {
        self.bytes.extend_from_within(range);
    }

    /// A number that is finite, in digits that are read back as the same number.
    pub(crate) fn float(&mut self, number: f64) {
        // What people write down has few digits behind the point: then the division of whole numbers is
        // this very number.
        let scaled = number.abs() * 1e6;
        if scaled < 9e15 {
            let whole = scaled as u64;
            if whole as f64 / 1e6 == number.abs() {
                if number.is_sign_negative() {
                    self.byte(b'-');
                }
                return self.decimal::<6>(whole / 1_000_000, whole % 1_000_000);
            }
        }
        self.push(ryu::Buffer::new().format(number).as_bytes());
    }

    #[inline]
    pub(crate) fn hex<const BYTES: usize>(&mut self, bytes: [u8; BYTES]) {
        let digits = bytes.map(|byte| HEX[usize::from(byte)]);
        self.push(digits.as_flattened());
    }
}

// === impl Value ===

impl<E: Escape> Value<'_, E> {
    /// Writes all of a text, or as much as there is room for.
    #[inline]
    pub(crate) fn put(&mut self, text: &str) -> fmt::Result {
        if text.len() <= self.left && E::is_clean(text.as_bytes()) {
            self.line.push(text.as_bytes());
            self.left -= text.len();
            return Ok(());
        }
        self.put_slowly(text)
    }

    fn put_slowly(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            let mut short = Short::default();
            if !E::escape(c, &mut short) {
                let mut buf = [0; 4];
                short.put(c.encode_utf8(&mut buf).as_bytes());
            }
            let bytes = &short.bytes[..short.len];
            if bytes.len() > self.left {
                self.left = 0;
                self.line.cut = true;
                // Ends the formatting of what may be megabytes.
                return Err(fmt::Error);
            }
            self.left -= bytes.len();
            self.line.push(bytes);
        }
        Ok(())
    }
}

impl<E: Escape> fmt::Write for Value<'_, E> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.put(text)
    }
}

// === impl Short ===

impl Short {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let end = self.len + bytes.len();
        self.bytes[self.len..end].copy_from_slice(bytes);
        self.len = end;
    }

    /// `\u001b`, in two halves where it has to be.
    pub(crate) fn unicode(&mut self, c: char) {
        let mut units = [0; 2];
        for unit in c.encode_utf16(&mut units) {
            self.put(b"\\u");
            self.hex((*unit >> 8) as u8);
            self.hex(*unit as u8);
        }
    }

    pub(crate) fn hex(&mut self, byte: u8) {
        let digit = |digit: u8| char::from_digit(u32::from(digit), 16).map_or(b'0', |c| c as u8);
        self.put(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

/// What acts on a terminal, ends a line somewhere, or turns text round: never as it is in any format.
pub(crate) fn acts(c: char) -> bool {
    matches!(c, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn seconds_are_the_quotient_when_they_are_read() {
        for nanos in [
            0,
            1,
            10,
            7_000,
            500_000_000,
            123_456_789,
            1_000_000_000,
            61_500_000_000,
            100_000_000_000_001,
        ] {
            let mut line = Line::new();
            line.seconds(nanos);
            let text = String::from_utf8(line.bytes).unwrap();
            assert_eq!(text.parse::<f64>().unwrap(), nanos as f64 / 1e9, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_back_as_themselves() {
        for number in [
            0.0,
            -0.5,
            12.5,
            1e-7,
            0.1 + 0.2,
            1e300,
            123456.789,
            f64::MIN_POSITIVE,
        ] {
            let mut line = Line::new();
            line.float(number);
            let text = String::from_utf8(line.bytes).unwrap();
            assert_eq!(text.parse::<f64>().unwrap(), number, "{text}");
        }
    }

    proptest! {
        #[test]
        fn seconds_below_one_are_the_quotient(nanos in 0..2_000_000_000_u64) {
            let mut line = Line::new();
            line.seconds(nanos);
            let text = String::from_utf8(line.bytes).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), nanos as f64 / 1e9);
        }

        #[test]
        fn any_seconds_are_the_quotient(nanos in 0..1_u64 << 53) {
            let mut line = Line::new();
            line.seconds(nanos);
            let text = String::from_utf8(line.bytes).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), nanos as f64 / 1e9);
        }

        #[test]
        fn any_number_is_read_back_as_itself(number in proptest::num::f64::NORMAL) {
            let mut line = Line::new();
            line.float(number);
            let text = String::from_utf8(line.bytes).unwrap();
            prop_assert_eq!(text.parse::<f64>().unwrap(), number);
        }
    }
}
