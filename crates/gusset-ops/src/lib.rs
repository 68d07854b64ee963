#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod builder;
mod chart;
mod controls;
mod endpoints;
mod html;
mod live;
mod operations;
#[cfg(feature = "incident")]
mod otlp;
mod page;
mod query;
#[cfg(feature = "incident")]
mod reports;
mod sections;
mod settings;
mod shared;
mod streams;
mod tasks;

pub use gusset_core::ConfigError;

pub use self::builder::OperationsBuilder;
pub use self::endpoints::Endpoints;
pub use self::operations::Operations;
pub use self::settings::TemporarySetting;

/// The target of log events.
const TARGET: &str = "gusset::ops";
