#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod error;
pub mod names;
mod serve;
mod server;

pub use self::builder::ManagementServerBuilder;
pub use self::error::BindError;
pub use self::server::ManagementServer;
