//! The client side over real connections, with hyper-util's client.

mod cancellation;
mod failures;
mod labels;
mod responses;
mod setup;
mod timeouts;
