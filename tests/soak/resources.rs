//! What the process holds: memory, file descriptors and tasks.

use std::fs;
use std::time::Duration;

use gusset::Clock;
use tokio::runtime::Handle;

/// How long what has just ended may be held, for example closed connections.
const MAX_SETTLE: Duration = Duration::from_secs(10);

/// What the process holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resources {
    pub(crate) memory_kib: u64,
    pub(crate) descriptors: usize,
    pub(crate) tasks: usize,
}

// === impl Resources ===

impl Resources {
    pub(crate) fn now() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.unwrap().trim().trim_end_matches(" kB");
        Self {
            memory_kib: memory.parse().unwrap(),
            // One of them is that of the folder.
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count() - 1,
            tasks: Handle::current().metrics().num_alive_tasks(),
        }
    }

    /// Waits until there are no more descriptors and tasks than in `limit`, and returns what there is.
    pub(crate) async fn settled(limit: Option<Self>) -> Self {
        let clock = Clock::system();
        let end = clock.now() + MAX_SETTLE;
        loop {
            let now = Self::now();
            let is_settled = limit.is_none_or(|limit| {
                now.descriptors <= limit.descriptors && now.tasks <= limit.tasks
            });
            if is_settled || clock.now() > end {
                return now;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
