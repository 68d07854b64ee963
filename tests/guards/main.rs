//! Guards: a refusal is seen for what it is, and a permit hears every kind of end.

mod breaker;
mod gate;
mod permits;
mod refusals;
