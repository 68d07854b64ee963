#![doc = include_str!("../README.md")]

mod boxed;
mod check;
mod clock;
mod compose;
mod cx;
mod end;
mod failure;
mod filter;
pub mod guard;
mod here;
mod isolate;
pub mod observe;
mod observer;
mod protocol;
mod refused;
mod token;
mod trace;
mod track;
mod unary;

pub use boxed::{BoxCall, BoxObserver};
pub use check::check_service;
pub use clock::{Clock, ManualClock};
pub use cx::Cx;
pub use end::{End, Outcome, Stage, Verdict};
pub use failure::Failure;
pub use filter::{Filter, Select};
pub use guard::{Guard, GuardLayer, Guarded};
pub use isolate::{Isolate, IsolatedCall};
pub use observe::{Observe, ObserveLayer};
pub use observer::{Call, Observer};
pub use protocol::{Accept, Classify, Deliver, Delivery, Protocol};
pub use refused::Refused;
pub use token::Token;
pub use trace::TraceIds;
pub use track::Track;
pub use unary::{Unary, UnaryRules};
