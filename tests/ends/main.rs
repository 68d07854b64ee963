//! Every call has exactly one end, the true one, and the bytes are those of the bare service: over
//! real connections.

mod expected;
mod matrix;
mod play;
mod transparent;
