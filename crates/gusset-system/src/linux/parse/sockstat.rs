//! `/proc/net/sockstat` and `sockstat6`: `TCP: inuse 5 orphan 0 tw 77 alloc 10 mem 1`.

use super::text::{fields, lines, number, split};

/// What one of the files has. Memory is in pages.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SockStat {
    pub(crate) tcp_in_use: Option<u64>,
    pub(crate) orphans: Option<u64>,
    pub(crate) time_wait: Option<u64>,
    pub(crate) allocated: Option<u64>,
    pub(crate) memory_pages: Option<u64>,
    pub(crate) udp_in_use: Option<u64>,
}

pub(crate) fn parse(text: &[u8]) -> SockStat {
    let mut stat = SockStat::default();
    for line in lines(text) {
        let Some((protocol, counts)) = split(line, b':') else {
            continue;
        };
        let mut fields = fields(counts);
        while let (Some(key), Some(value)) = (fields.next(), fields.next()) {
            let place = match (protocol, key) {
                (b"TCP" | b"TCP6", b"inuse") => &mut stat.tcp_in_use,
                (b"TCP", b"orphan") => &mut stat.orphans,
                (b"TCP", b"tw") => &mut stat.time_wait,
                (b"TCP", b"alloc") => &mut stat.allocated,
                (b"TCP", b"mem") => &mut stat.memory_pages,
                (b"UDP" | b"UDP6", b"inuse") => &mut stat.udp_in_use,
                _ => continue,
            };
            *place = number(value);
        }
    }
    stat
}
