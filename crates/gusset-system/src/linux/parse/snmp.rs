//! `/proc/net/snmp` and `/proc/net/netstat`: a line of titles and a line of values for each protocol.

use super::text::{fields, lines, number, split};
use crate::Tcp;

/// Reads the values of `Tcp` and `TcpExt`. Each file has one of them.
pub(crate) fn parse(text: &[u8], tcp: &mut Tcp) {
    let mut titles: Option<(&[u8], &[u8])> = None;
    for (protocol, line) in lines(text).filter_map(|line| split(line, b':')) {
        match titles.take() {
            Some((of_titles, titles)) if of_titles == protocol => {
                if matches!(protocol, b"Tcp" | b"TcpExt") {
                    values(titles, line, tcp);
                }
            }
            _ => titles = Some((protocol, line)),
        }
    }
}

fn values(titles: &[u8], values: &[u8], tcp: &mut Tcp) {
    for (title, value) in fields(titles).zip(fields(values)) {
        let place = match title {
            b"ActiveOpens" => &mut tcp.active_opens,
            b"PassiveOpens" => &mut tcp.passive_opens,
            b"AttemptFails" => &mut tcp.attempt_fails,
            b"EstabResets" => &mut tcp.resets,
            b"CurrEstab" => &mut tcp.established,
            b"InSegs" => &mut tcp.segments_received,
            b"OutSegs" => &mut tcp.segments_sent,
            b"RetransSegs" => &mut tcp.segments_retransmitted,
            b"ListenOverflows" => &mut tcp.listen_overflows,
            b"ListenDrops" => &mut tcp.listen_drops,
            b"TCPTimeouts" => &mut tcp.timeouts,
            _ => continue,
        };
        *place = number(value);
    }
}
