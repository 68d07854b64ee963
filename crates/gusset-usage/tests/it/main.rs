//! Who uses a service.

mod calls;
mod contract;
mod cost;
mod metrics;
mod show;
mod sign_ins;
mod support;
mod visitors;
