//! The management server, over real sockets, from plain threads.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(unix)]
mod descriptors;
mod hostile;
mod server;
mod support;
