//! `/proc/loadavg`: `0.20 0.18 0.12 1/80 11206`.

use super::text::{decimal, fields};
use crate::LoadAverage;

pub(crate) fn parse(text: &[u8]) -> Option<LoadAverage> {
    let mut fields = fields(text).map(decimal);
    Some(LoadAverage {
        one: fields.next()??,
        five: fields.next()??,
        fifteen: fields.next()??,
    })
}
