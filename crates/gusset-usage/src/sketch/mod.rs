//! Counts in bounded memory.

mod bloom_filter;
mod hyper_log_log;
mod space_saving;

pub(crate) use self::bloom_filter::BloomFilter;
pub(crate) use self::hyper_log_log::HyperLogLog;
pub(crate) use self::space_saving::{Entry, SpaceSaving};
