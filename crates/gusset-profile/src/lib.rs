#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
#[cfg(feature = "cpu")]
mod cpu;
mod endpoint;
mod endpoints;
mod error;
#[cfg(feature = "heap")]
mod heap;
mod query;
mod request;
mod settings;
mod slot;
mod take;

pub use self::builder::ProfileEndpointsBuilder;
pub use self::endpoints::ProfileEndpoints;
