//! What the crate promises, from the outside.

mod baggage;
mod formats;
mod level2;
mod props;
mod service;
mod w3c;
