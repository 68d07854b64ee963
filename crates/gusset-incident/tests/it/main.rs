//! Tests through real files, processes and layers.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod black_box;
mod calls;
mod contained;
mod directory;
mod ends;
mod incidents;
mod kill;
mod logs;
mod readings;
mod redaction;
mod report;
mod scene;
mod support;
