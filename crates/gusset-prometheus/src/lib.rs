#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod accept;
mod builder;
mod error;
mod handles;
mod histogram;
#[cfg(feature = "listener")]
mod listener;
mod page;
mod prometheus;
mod recorder;
mod renderer;
mod store;
mod translate;

pub use gusset_export::Resource;

pub use builder::PrometheusBuilder;
pub use error::{BuildError, InstallError};
#[cfg(feature = "listener")]
pub use listener::{ListenError, Listener, ListenerBuilder};
pub use page::{Page, PageFuture};
pub use prometheus::Prometheus;
pub use recorder::Recorder;
