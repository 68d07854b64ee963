#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod burn_window;
mod catalogue;
mod dashboard;
mod definition;
mod detector;
mod endpoints;
mod files;
mod levels;
mod markdown;
mod monitor;
pub mod names;
mod openslo;
mod promql;
mod rule_tests;
mod rules;
mod severity;
mod sli;
mod state;
mod weaver;

pub use catalogue::{Catalogue, prometheus_name};
pub use dashboard::Dashboard;
pub use definition::{Aggregate, Hold, Indicator, Mode, NormalRange, Objective, Subject};
pub use detector::ProposedRange;
pub use endpoints::Endpoints;
pub use files::GeneratedFile;
pub use gusset_core::ConfigError;
pub use levels::{ServiceLevels, ServiceLevelsBuilder};
pub use monitor::{Change, Monitor, Status, Watched};
pub use rule_tests::RuleTests;
pub use rules::{Alert, RuleFile};
pub use severity::AlertSeverity;
pub use state::State;
