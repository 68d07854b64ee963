//! `/proc/pressure/*` and `*.pressure` of a cgroup: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`.

use std::time::Duration;

use super::text::{decimal, fields, lines, number, split};
use crate::{Pressure, Stall};

pub(crate) fn parse(text: &[u8]) -> Pressure {
    let mut pressure = Pressure::default();
    for line in lines(text) {
        let mut fields = fields(line);
        let place = match fields.next() {
            Some(b"some") => &mut pressure.some,
            Some(b"full") => &mut pressure.full,
            _ => continue,
        };
        *place = stall(fields);
    }
    pressure
}

/// Returns a stall, if all of its values are there.
fn stall<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Option<Stall> {
    let (mut avg10, mut avg60, mut avg300, mut total) = (None, None, None, None);
    for field in fields {
        let (key, value) = split(field, b'=')?;
        let share = || decimal(value).map(|percent| (percent / 100.0).min(1.0));
        match key {
            b"avg10" => avg10 = share(),
            b"avg60" => avg60 = share(),
            b"avg300" => avg300 = share(),
            b"total" => total = number(value).map(Duration::from_micros),
            _ => {}
        }
    }
    Some(Stall {
        avg10: avg10?,
        avg60: avg60?,
        avg300: avg300?,
        total: total?,
    })
}
