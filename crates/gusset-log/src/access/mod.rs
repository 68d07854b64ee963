//! The access log: one entry for each request.

mod attributes;
mod builder;
mod call;
mod config;
mod display;
mod enabled;
mod event;
mod fields;
mod in_progress;
mod json;
mod levels;
mod message;
mod observer;
mod operation;
mod own_fields;
mod record;
mod sampling;

pub use self::builder::AccessLogBuilder;
pub use self::call::AccessCall;
pub(crate) use self::event::CurrentRecord;
pub use self::levels::OutcomeLevels;
pub use self::message::MessageLog;
pub use self::observer::AccessLog;
pub use self::operation::OperationLog;
pub(crate) use self::own_fields::OwnFields;
pub(crate) use self::record::AccessRecord;
pub use self::sampling::AccessLogSampling;
