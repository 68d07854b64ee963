#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod builder;
mod chart;
mod endpoints;
mod html;
mod operations;
mod page;
mod sections;
mod shared;
mod tasks;

pub use gusset_core::ConfigError;

pub use self::builder::OperationsBuilder;
pub use self::endpoints::Endpoints;
pub use self::operations::Operations;

/// The target of log events.
const TARGET: &str = "gusset::ops";
