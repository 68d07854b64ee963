#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod beacon;
mod builder;
mod monitor;
pub mod names;
mod outcome;
mod page;
mod phase;
mod script;
mod service;
mod span;

pub use gusset_core::ConfigError;

pub use self::builder::BrowserMonitorBuilder;
pub use self::monitor::BrowserMonitor;
pub use self::outcome::BeaconOutcome;
pub use self::phase::Phase;
pub use self::service::{BrowserFuture, BrowserService};

/// The target of log events.
const TARGET: &str = "gusset::browser";

/// Reads a beacon as the service does, for fuzz targets.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing {
    use std::time::Duration;

    /// Returns the page, the ratio and the longest time of a beacon, or `None` if it is malformed.
    pub fn beacon(bytes: &[u8]) -> Option<(String, f64, Duration)> {
        let beacon = crate::beacon::Beacon::parse(bytes)?;
        let times = beacon
            .phases
            .iter()
            .copied()
            .chain([beacon.lcp, beacon.inp, Some(beacon.age)]);
        let longest = times.flatten().max().unwrap_or_default();
        Some((beacon.page.into_owned(), beacon.ratio, longest))
    }
}
