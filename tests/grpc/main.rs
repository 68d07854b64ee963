//! gRPC over real connections, with tonic on both sides. The status is found in headers and in
//! trailers, and both sides record the same.

mod access_log;
mod breaker;
mod cancellation;
mod deadlines;
mod harness;
mod labels;
mod statuses;
mod streaming;
mod unary;
mod uploads;
mod web;

use gusset_tests::word_service as service;
