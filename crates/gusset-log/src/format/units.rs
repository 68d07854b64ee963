//! Durations and sizes for people.

use super::line_buffer::LineBuffer;
use super::visit::seconds_to_nanos;

/// Writes a duration: milliseconds below a second, else seconds, with three decimals.
pub(super) fn duration(line: &mut LineBuffer, seconds: f64) {
    let micros = seconds_to_nanos(seconds) / 1000;
    let (thousandths, unit): (u64, &[u8]) = match micros {
        0..1_000_000 => (micros, b"ms"),
        _ => (micros / 1000, b"s"),
    };
    decimal(line, thousandths);
    line.push(unit);
}

/// Writes a number of bytes in decimal units: `512B`, `1.200kB`.
pub(super) fn size(line: &mut LineBuffer, bytes: u64) {
    let (thousandths, unit): (u64, &[u8]) = match bytes {
        0..1000 => {
            line.number(bytes);
            return line.push(b"B");
        }
        1000..1_000_000 => (bytes, b"kB"),
        1_000_000..1_000_000_000 => (bytes / 1000, b"MB"),
        _ => (bytes / 1_000_000, b"GB"),
    };
    decimal(line, thousandths);
    line.push(unit);
}

fn decimal(line: &mut LineBuffer, thousandths: u64) {
    line.number(thousandths / 1000);
    let digits = [100, 10, 1].map(|unit| b'0' + (thousandths / unit % 10) as u8);
    line.push(b".");
    line.push(&digits);
}
