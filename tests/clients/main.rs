//! The client side over real connections, with hyper-util's client.

mod cancellation;
mod error_types;
mod exception_messages;
mod failures;
mod labels;
mod responses;
mod setup;
mod timeouts;
mod unread;
mod uploads;
