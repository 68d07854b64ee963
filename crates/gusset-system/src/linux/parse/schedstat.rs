//! `/proc/self/task/*/schedstat`: time on a CPU, time in the run queue, timeslices.

use std::time::Duration;

use super::text::{fields, number};

/// Returns the time in the run queue, and the timeslices.
pub(crate) fn parse(text: &[u8]) -> Option<(Duration, u64)> {
    let mut numbers = fields(text).map(number).skip(1);
    let delay = Duration::from_nanos(numbers.next()??);
    Some((delay, numbers.next()??))
}
