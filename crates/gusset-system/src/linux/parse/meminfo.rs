//! `/proc/meminfo`: `MemTotal:        4028540 kB`.

use super::text::{fields, lines, number, split};
use crate::HostMemory;

pub(crate) fn parse(text: &[u8]) -> HostMemory {
    let mut memory = HostMemory::default();
    for line in lines(text) {
        let Some((key, value)) = split(line, b':') else {
            continue;
        };
        let place = match key {
            b"MemTotal" => &mut memory.total,
            b"MemFree" => &mut memory.free,
            b"MemAvailable" => &mut memory.available,
            b"Buffers" => &mut memory.buffers,
            b"Cached" => &mut memory.cached,
            b"SwapTotal" => &mut memory.swap_total,
            b"SwapFree" => &mut memory.swap_free,
            _ => continue,
        };
        let kibibytes = fields(value).next().and_then(number);
        *place = kibibytes.and_then(|value| value.checked_mul(1024));
    }
    memory
}
