#![doc = include_str!("../README.md")]

mod endpoint;
mod head;

pub use endpoint::{Endpoint, EndpointFuture, EndpointService};
pub use head::{RequestHead, ResponseHead};
