//! Every call has exactly one end, the true one, and the bytes are those of the bare service: over
//! real connections.

mod connections;
mod error_types;
mod event_streams;
mod expect_continue;
mod expected;
mod http10;
mod keep_alive;
mod matrix;
mod paid;
mod panics;
mod play;
mod transparent;
mod upgrades;
