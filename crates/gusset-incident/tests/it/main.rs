//! Tests through real files, processes and layers.
#![cfg(unix)]

mod black_box;
mod calls;
mod kill;
mod logs;
mod support;
