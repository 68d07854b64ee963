//! `/proc/diskstats`: `254 0 vda 10 0 80 3 20 5 160 4 0 7 7 …`, times in milliseconds.

use std::time::Duration;

use super::text::{fields, lines, number};
use crate::{Disk, MAX_DEVICES, SharedStr};

/// The kernel counts in sectors of this size, whatever that of the device is.
const SECTOR_BYTES: u64 = 512;

/// Adds the disks of the file.
pub(crate) fn parse(text: &[u8], disks: &mut Vec<Disk>) {
    for line in lines(text) {
        if disks.len() >= MAX_DEVICES {
            return;
        }
        let mut fields = fields(line).skip(2);
        let Some(name) = fields
            .next()
            .and_then(|name| std::str::from_utf8(name).ok())
        else {
            continue;
        };
        if is_in_memory(name) || is_partition(name, disks) {
            continue;
        }
        let mut numbers = fields.map(number);
        let mut next = || numbers.next().flatten();
        let millis = |value: Option<u64>| value.map(Duration::from_millis);
        let bytes = |sectors: Option<u64>| sectors?.checked_mul(SECTOR_BYTES);
        let reads = next();
        let _merged = next();
        let read_bytes = bytes(next());
        let read_time = millis(next());
        let writes = next();
        let _merged = next();
        disks.push(Disk {
            name: SharedStr::new(name),
            reads,
            writes,
            read_bytes,
            written_bytes: bytes(next()),
            read_time,
            write_time: millis(next()),
            in_progress: next(),
            busy: millis(next()),
            weighted: millis(next()),
        });
    }
}

/// Returns whether a device is none that anything waits for.
fn is_in_memory(name: &str) -> bool {
    let digits = ["loop", "ram", "zram"]
        .iter()
        .find_map(|kind| name.strip_prefix(kind));
    digits.is_some_and(|digits| digits.starts_with(|c: char| c.is_ascii_digit()))
}

/// Returns whether a device is part of a disk, which stands before it: `sda1`, `nvme0n1p1`.
///
/// Some virtual machines have `xvda1` without a disk, which then is one.
fn is_partition(name: &str, disks: &[Disk]) -> bool {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
    if stem.len() == name.len() {
        return false;
    }
    let of_numbered = stem
        .strip_suffix('p')
        .filter(|disk| disk.ends_with(|c: char| c.is_ascii_digit()));
    let disk = of_numbered.unwrap_or(stem);
    disks.iter().any(|it| it.name.as_str() == disk)
}
