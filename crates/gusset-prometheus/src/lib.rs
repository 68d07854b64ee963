#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod accept;
mod builder;
mod error;
#[cfg(feature = "listener")]
mod listener;
mod page;
mod prometheus;
mod renderer;
mod store;
mod text;
mod translate;

pub use gusset_data::Resource;
pub use gusset_metrics::Registry;

pub use builder::PrometheusBuilder;
pub use error::{BuildError, InstallError};
#[cfg(feature = "listener")]
pub use listener::{ListenError, Listener, ListenerBuilder};
pub use page::{Page, PageFuture};
pub use prometheus::Prometheus;
