#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod builder;
mod decay;
mod history;
mod metrics;
pub mod names;
mod sampler;
mod selection;
mod selector;
mod store;
mod trend;
mod window;

pub use gusset_core::ConfigError;

pub use self::builder::HistoryBuilder;
pub use self::decay::{Decay, DecayRules};
pub use self::history::{History, KnownMetric, Usage};
pub use self::sampler::{Sampler, SamplerBuilder};
pub use self::selection::{Distribution, Gap, SelectedSeries, Selection};
pub use self::selector::Selector;
pub use self::trend::Trend;
pub use self::window::Window;

/// The target of log events.
const TARGET: &str = "gusset::history";
