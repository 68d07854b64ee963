//! `/proc/vmstat`: `pgfault 16226343`.

use super::text::{lines, number, split};
use crate::Paging;

pub(crate) fn parse(text: &[u8]) -> Paging {
    let mut paging = Paging::default();
    for line in lines(text) {
        let Some((key, value)) = split(line, b' ') else {
            continue;
        };
        let place = match key {
            b"pgfault" => &mut paging.faults,
            b"pgmajfault" => &mut paging.major_faults,
            b"pswpin" => &mut paging.swapped_in,
            b"pswpout" => &mut paging.swapped_out,
            b"oom_kill" => &mut paging.oom_kills,
            _ => continue,
        };
        *place = number(value);
    }
    paging
}
