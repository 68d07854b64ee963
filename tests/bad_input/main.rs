//! Bad input, of callers and of services: no panic, and one end for every call.

mod heads;
mod lies;
mod model;
