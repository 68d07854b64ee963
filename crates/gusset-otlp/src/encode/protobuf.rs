//! The wire format of protobuf.

use super::{Field, Writer};

const VARINT: u32 = 0;
const I64: u32 = 1;
const LENGTH: u32 = 2;
const I32: u32 = 5;

pub(super) struct Protobuf {
    bytes: Vec<u8>,
}

// === impl Protobuf ===

impl Protobuf {
    pub(super) fn request(write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut this = Self { bytes: Vec::new() };
        write(&mut this);
        this.bytes
    }

    fn tag(&mut self, Field(number, _): Field, kind: u32) {
        self.varint(u64::from(number << 3 | kind));
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push(value as u8);
    }

    fn length_delimited(&mut self, field: Field, value: &[u8]) {
        self.tag(field, LENGTH);
        self.varint(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }
}

impl Writer for Protobuf {
    fn string(&mut self, field: Field, value: &str) {
        self.length_delimited(field, value.as_bytes());
    }

    fn id(&mut self, field: Field, value: &[u8]) {
        self.length_delimited(field, value);
    }

    fn boolean(&mut self, field: Field, value: bool) {
        self.tag(field, VARINT);
        self.varint(value.into());
    }

    fn int64(&mut self, field: Field, value: i64) {
        self.tag(field, VARINT);
        // `int64` is encoded in two's complement, so a negative number takes ten bytes.
        self.varint(value as u64);
    }

    fn uint32(&mut self, field: Field, value: u32) {
        self.tag(field, VARINT);
        self.varint(value.into());
    }

    fn sint32(&mut self, field: Field, value: i32) {
        self.tag(field, VARINT);
        // Zigzag: 0, -1, 1, -2 are 0, 1, 2, 3.
        let zigzag = (value << 1) ^ (value >> 31);
        self.varint((zigzag as u32).into());
    }

    fn fixed32(&mut self, field: Field, value: u32) {
        self.tag(field, I32);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn fixed64(&mut self, field: Field, value: u64) {
        self.tag(field, I64);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn sfixed64(&mut self, field: Field, value: i64) {
        self.tag(field, I64);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn double(&mut self, field: Field, value: f64) {
        self.fixed64(field, value.to_bits());
    }

    fn uint64s(&mut self, field: Field, values: &[u64]) {
        self.message(field, |out| {
            for value in values {
                out.varint(*value);
            }
        });
    }

    fn fixed64s(&mut self, field: Field, values: &[u64]) {
        self.tag(field, LENGTH);
        self.varint(values.len() as u64 * 8);
        for value in values {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    fn doubles(&mut self, field: Field, values: &[f64]) {
        self.tag(field, LENGTH);
        self.varint(values.len() as u64 * 8);
        for value in values {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
    }

    fn message(&mut self, field: Field, write: impl FnOnce(&mut Self)) {
        self.tag(field, LENGTH);
        // One byte is reserved for the length, which is enough for messages below 128 bytes, the most
        // common ones. A longer message is moved by the missing bytes of its length. This is cheaper than
        // a first pass that computes all lengths.
        let at = self.bytes.len();
        self.bytes.push(0);
        write(self);
        let length = self.bytes.len() - at - 1;
        let extra = varint_len(length) - 1;
        if extra > 0 {
            let end = self.bytes.len();
            self.bytes.resize(end + extra, 0);
            self.bytes.copy_within(at + 1..end, at + 1 + extra);
        }
        let mut rest = length;
        for byte in &mut self.bytes[at..at + extra] {
            *byte = rest as u8 | 0x80;
            rest >>= 7;
        }
        self.bytes[at + extra] = rest as u8;
    }

    fn empty_list(&mut self, _: Field) {}

    fn list<T>(
        &mut self,
        field: Field,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        for item in items {
            self.message(field, |out| write(out, item));
        }
    }
}

const fn varint_len(value: usize) -> usize {
    let bits = usize::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELD: Field = Field(1, "");

    #[test]
    fn message_length_is_correct_at_each_varint_size() {
        for length in [0, 1, 127, 128, 129, 16_383, 16_384, 2_097_151, 2_097_152] {
            let text = "a".repeat(length);
            let written =
                Protobuf::request(|out| out.message(FIELD, |out| out.string(FIELD, &text)));
            let inner = Protobuf::request(|out| out.string(FIELD, &text));
            let mut expected = Protobuf { bytes: vec![0x0a] };
            expected.varint(inner.len() as u64);
            expected.bytes.extend(inner);
            assert!(written == expected.bytes, "{length}");
        }
    }

    #[test]
    fn numbers_match_the_encoding_guide() {
        assert_eq!(
            Protobuf::request(|out| out.uint32(FIELD, 150)),
            [0x08, 0x96, 0x01]
        );
        let minus_two = Protobuf::request(|out| out.int64(FIELD, -2));
        assert_eq!(
            minus_two[1..],
            [0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 1]
        );
        let zigzag = |value| Protobuf::request(|out| out.sint32(FIELD, value))[1..].to_vec();
        assert_eq!([0, -1, 1, -2].map(zigzag), [[0], [1], [2], [3]]);
        assert_eq!(zigzag(i32::MAX), [0xfe, 255, 255, 255, 15]);
        assert_eq!(zigzag(i32::MIN), [255, 255, 255, 255, 15]);
        assert_eq!(
            Protobuf::request(|out| out.uint64s(FIELD, &[3, 270, 86_942])),
            [0x0a, 6, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05]
        );
    }
}
