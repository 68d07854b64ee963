//! Invalid input of clients and services causes no panic, and each call has one end.

mod body_lengths;
mod model;
mod requests;
