//! `/proc/net/dev`: `  eth0: 1234 5 0 0 0 0 0 0 1234 5 0 0 0 0 0 0`, after two lines of titles.

use super::text::{fields, lines, number, split};
use crate::{Interface, MAX_DEVICES, SharedStr, Traffic};

/// Adds the interfaces of the file.
pub(crate) fn parse(text: &[u8], interfaces: &mut Vec<Interface>) {
    for line in lines(text) {
        if interfaces.len() >= MAX_DEVICES {
            return;
        }
        // Old kernels write no space after the colon. The titles have none.
        let Some((name, counts)) = split(line, b':') else {
            continue;
        };
        let Ok(name) = std::str::from_utf8(name.trim_ascii()) else {
            continue;
        };
        let mut numbers = fields(counts).map(number);
        let mut next = || numbers.next().flatten();
        let mut traffic = || Traffic {
            bytes: next(),
            packets: next(),
            errors: next(),
            dropped: next(),
        };
        let received = traffic();
        // fifo, frame, compressed, multicast
        for _ in 0..4 {
            next();
        }
        let mut traffic = || Traffic {
            bytes: next(),
            packets: next(),
            errors: next(),
            dropped: next(),
        };
        interfaces.push(Interface {
            name: SharedStr::new(name),
            received,
            sent: traffic(),
        });
    }
}
