//! The contract of the driver, poll by poll: no runtime, no sleep, time is given.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail"
)]

mod auto_traits;
mod compose;
mod failure;
mod guard;
mod isolate;
mod readiness;
mod sizes;
mod support;
mod time;
mod traced;
mod track;
mod twice;
mod ui;
