//! How the run of a worker ended.

use crate::Settlement;

/// What a [`Worker`](crate::Worker) has done, and what it did not finish.
#[derive(Clone, Debug, Default)]
#[must_use = "it names the messages that were not finished"]
pub struct WorkerReport {
    pub(crate) settled: [u64; Settlement::ALL.len()],
    pub(crate) unfinished: Vec<String>,
}

// === impl WorkerReport ===

impl WorkerReport {
    /// Returns how many messages were settled like this.
    pub fn settled(&self, settlement: Settlement) -> u64 {
        let all = Settlement::ALL.iter().zip(self.settled);
        let of_kind = all.filter(|(it, _)| **it == settlement);
        of_kind.map(|(_, count)| count).sum()
    }

    /// Returns the ids of the messages that were in progress at the end of the shutdown timeout. They were cancelled
    /// and returned to the queue.
    pub fn unfinished(&self) -> &[String] {
        &self.unfinished
    }

    pub(crate) fn count(&mut self, settlement: Settlement, messages: u32) {
        let all = Settlement::ALL.iter().zip(&mut self.settled);
        for (_, count) in all.filter(|(it, _)| **it == settlement) {
            *count += u64::from(messages);
        }
    }
}
