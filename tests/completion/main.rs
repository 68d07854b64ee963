//! Every call over a real connection ends once, as expected, and its bytes are unchanged.

mod connections;
mod declared_length;
mod error_types;
mod event_streams;
mod exchange;
mod expect_continue;
mod expected;
mod http10;
mod keep_alive;
mod matrix;
mod panics;
mod transparency;
mod upgrades;
