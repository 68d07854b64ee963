//! Files of `/proc/sys` with numbers.

use super::text::{fields, number};
use crate::PortRange;

/// Parses a file with one number.
pub(crate) fn single(text: &[u8]) -> Option<u64> {
    number(text.trim_ascii())
}

/// Parses `net/ipv4/ip_local_port_range`: `32768 60999`.
pub(crate) fn port_range(text: &[u8]) -> Option<PortRange> {
    let mut ports = fields(text).map(|port| u16::try_from(number(port)?).ok());
    PortRange::new(ports.next()??, ports.next()??)
}

/// Parses `fs/file-nr`: allocated, 0, and the limit. Returns those that are open, and the limit.
pub(crate) fn file_nr(text: &[u8]) -> (Option<u64>, Option<u64>) {
    let mut numbers = fields(text).map(number);
    let allocated = numbers.next().flatten();
    let unused = numbers.next().flatten();
    let limit = numbers.next().flatten();
    // Kernels before 2.6 keep unused ones.
    let open = allocated.and_then(|allocated| allocated.checked_sub(unused?));
    (open, limit)
}
