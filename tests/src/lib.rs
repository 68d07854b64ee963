//! Servers, clients and services for the integration tests, which use real connections.

#![allow(
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "helpers of tests panic on failure"
)]

pub mod bodies;
pub mod cases;
pub mod clients;
pub mod panics;
pub mod programs;
pub mod responses;
pub mod scripted_service;
pub mod scripts;
pub mod servers;
pub mod side;
pub mod spans;
pub mod stack;
pub mod wire;
pub mod word_client;
pub mod word_service;
