//! What services use without gusset, on the same axum route and plain service: the five jobs at once (request id,
//! log line, metrics, span, circuit breaker), written manually for this one service and by other crates; and the
//! peers of single jobs.

mod breakers;
mod crates;
mod floor;
mod floor_call;
mod scenarios;

pub use crates::recorded;
pub use floor::{Floor, FloorLayer};
pub use scenarios::{SERVERS, all};
