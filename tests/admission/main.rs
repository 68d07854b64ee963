//! Admission: rejections are recorded as such, and permits record every kind of end.

mod breaker;
mod gate;
mod permits;
mod rejections;
mod timeouts;
