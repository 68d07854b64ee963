//! gusset's circuit breaker beside its peers, each laid over the same plain service.
//!
//! Every breaker is closed, looks at the last 100 calls or at ten seconds, and is shared by all that
//! call. A package of its own, outside the workspace: `cargo xtask breakers` builds it.

mod subjects;

pub use subjects::all;
