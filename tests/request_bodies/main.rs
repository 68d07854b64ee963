//! Request bodies that are read completely, partly or not at all. The bytes of the connection are
//! unchanged.

mod client;
mod forwarded;
mod server;
mod service;
mod uploads;
