//! What is measured, seen through a recorder that gives back what was recorded.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too")]

mod config;
mod contract;
mod ends;
mod exemplars;
mod labels;
mod messages;
mod nesting;
mod overflow;
mod registry;
mod requests;
mod rpc;
mod support;
