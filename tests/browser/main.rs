//! Pages in a real browser: what it reports of a website, and the operations page of a service.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::unwrap_used,
    reason = "the names of tests say what they are; a test may fail, and waits for another process"
)]

mod page_loads;
mod webdriver;
mod website;
