//! What an assault occupies.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use gusset_core::Clock;
use tokio::runtime::Handle;

use super::Target;
use super::stop::Stop;

/// What an assault occupies. Dropped, it is free.
pub(super) enum Load {
    Cpu {
        share: f64,
        /// The share that is occupied now, in thousandths. `None` before the threads are there.
        now: Option<Arc<AtomicU32>>,
    },
    Memory {
        target: u64,
        blocks: Vec<Vec<u8>>,
    },
    Runtime {
        handle: Handle,
        workers: usize,
        blocked: usize,
    },
    Descriptors {
        count: usize,
        path: Option<PathBuf>,
        open: Vec<File>,
    },
    Nothing,
}

/// The period in which a processor is busy for its share.
const PERIOD: Duration = Duration::from_millis(20);
const BLOCK_BYTES: usize = 1 << 20;
/// The most that one step opens or allocates, so that the assault can be ended meanwhile.
const MAX_PER_STEP: usize = 256;

// === impl Load ===

impl Load {
    pub(super) fn new(target: &Target) -> Self {
        match target {
            Target::Cpu { share } => Self::Cpu {
                share: *share,
                now: None,
            },
            Target::Memory { share, limit_bytes } => {
                let wanted = (*limit_bytes as f64 * share) as u64;
                Self::Memory {
                    target: wanted.saturating_sub(resident_bytes()),
                    blocks: Vec::new(),
                }
            }
            Target::Runtime { handle, workers } => Self::Runtime {
                handle: handle.clone(),
                workers: *workers,
                blocked: 0,
            },
            Target::Descriptors { count } => Self::Descriptors {
                count: *count,
                path: std::env::current_exe().ok(),
                open: Vec::new(),
            },
            Target::Kill => Self::Nothing,
        }
    }

    /// Occupies this share of the target, from 0 to 1.
    pub(super) fn set(&mut self, level: f64, stop: &Arc<Stop>) {
        match self {
            Self::Cpu { share, now } => {
                let now = now.get_or_insert_with(|| occupy_processors(stop));
                now.store((*share * level * 1000.0) as u32, Ordering::Relaxed);
            }
            Self::Memory { target, blocks } => {
                let wanted = (*target as f64 * level) as usize / BLOCK_BYTES;
                let more = wanted.saturating_sub(blocks.len()).min(MAX_PER_STEP);
                blocks.extend((0..more).map_while(|_| written_block()));
            }
            Self::Runtime {
                handle,
                workers,
                blocked,
            } => {
                let wanted = (*workers as f64 * level).ceil() as usize;
                while *blocked < wanted {
                    let stop = stop.clone();
                    handle.spawn(async move { while !stop.wait(Duration::from_secs(1)) {} });
                    *blocked += 1;
                }
            }
            Self::Descriptors { count, path, open } => {
                let wanted = (*count as f64 * level) as usize;
                let more = wanted.saturating_sub(open.len()).min(MAX_PER_STEP);
                let path = path.as_ref();
                open.extend((0..more).map_while(|_| File::open(path?).ok()));
            }
            Self::Nothing => {}
        }
    }
}

/// Starts a thread for each processor, until the signal.
fn occupy_processors(stop: &Arc<Stop>) -> Arc<AtomicU32> {
    let share = Arc::<AtomicU32>::default();
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    for _ in 0..processors {
        let (share, stop) = (share.clone(), stop.clone());
        // Without a thread, there is less load.
        let _ = thread::Builder::new().spawn(move || {
            let clock = Clock::system();
            loop {
                let busy = PERIOD * share.load(Ordering::Relaxed) / 1000;
                let until = clock.now() + busy;
                while clock.now() < until {
                    std::hint::spin_loop();
                }
                if stop.wait(PERIOD - busy) {
                    return;
                }
            }
        });
    }
    share
}

/// Returns a block of memory with written pages, or `None` if the system has no memory left.
fn written_block() -> Option<Vec<u8>> {
    let mut block = Vec::new();
    block.try_reserve_exact(BLOCK_BYTES).ok()?;
    // Not zero, as pages of zeros can be shared.
    block.resize(BLOCK_BYTES, 1);
    Some(block)
}

/// Returns the memory that the process has, or 0 where it is not known (proc(5), `VmRSS` of `/proc/self/status`).
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
