//! `/proc/self/stat`: `4242 (a name) S 1 …`. The name may have spaces and parentheses.

use std::time::Duration;

use super::Ticks;
use super::text::{fields, number};

/// What the file has. Memory in use is in pages.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct ProcessStat {
    pub(crate) minor_faults: Option<u64>,
    pub(crate) major_faults: Option<u64>,
    pub(crate) user_time: Option<Duration>,
    pub(crate) system_time: Option<Duration>,
    pub(crate) threads: Option<u64>,
    /// Since the start of the host.
    pub(crate) start: Option<Duration>,
    pub(crate) virtual_memory: Option<u64>,
    pub(crate) resident_pages: Option<u64>,
}

pub(crate) fn parse(text: &[u8], ticks: Ticks) -> ProcessStat {
    let mut stat = ProcessStat::default();
    let Some(end_of_name) = text.iter().rposition(|byte| *byte == b')') else {
        return stat;
    };
    // The numbers of the fields are those of `proc_pid_stat(5)`: the state is the third.
    for (field, value) in (3..).zip(fields(&text[end_of_name + 1..])) {
        let value = number(value);
        let time = || value.and_then(|steps| ticks.time(steps));
        match field {
            10 => stat.minor_faults = value,
            12 => stat.major_faults = value,
            14 => stat.user_time = time(),
            15 => stat.system_time = time(),
            20 => stat.threads = value,
            22 => stat.start = time(),
            23 => stat.virtual_memory = value,
            24 => {
                stat.resident_pages = value;
                break;
            }
            _ => {}
        }
    }
    stat
}
