//! Servers, clients and services for the tests beside it, which run whole stacks over real
//! connections.

#![allow(
    clippy::missing_panics_doc,
    reason = "a helper of tests says by a panic what is wrong"
)]

pub mod answers;
pub mod cases;
pub mod clients;
pub mod consumer;
pub mod numbers;
pub mod panics;
pub mod scripts;
pub mod servers;
pub mod stack;
pub mod wire;
