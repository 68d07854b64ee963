//! Pages in a real browser: what it reports of a website, and the operations page of a service.

// The reports of incidents are those of Unix.
#![cfg(unix)]
#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail, and waits for another process"
)]

mod controls;
mod operations;
mod operations_site;
mod page_loads;
mod pictures;
mod webdriver;
mod website;
