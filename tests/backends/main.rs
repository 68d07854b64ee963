//! Exports to real servers. Their tests print that they are skipped where the server is missing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod certificates;
mod collector;
#[cfg(unix)]
mod incidents;
mod items;
mod native;
mod page;
mod prometheus;
mod receiver;
mod restart;
mod service;
mod temporality;
mod victorialogs;
