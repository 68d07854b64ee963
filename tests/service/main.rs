//! One call for the whole, with the servers of hyper and tonic. Those of axum are in the tests of `gusset`.
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod consumer;
mod hyper_loop;
mod one_port;
mod own_fields;
mod tonic_server;

use gusset::{Gusset, GussetBuilder};
use gusset_testkit::SharedOutput;
use serde_json::Value;

/// Returns everything, with a log in JSON. It handles no signals of the test's process.
fn set_up() -> (Gusset, SharedOutput) {
    let (builder, output) = builder();
    (builder.build_with(|_| None).unwrap(), output)
}

fn builder() -> (GussetBuilder, SharedOutput) {
    let output = SharedOutput::default();
    let out = output.clone();
    let builder = gusset::builder()
        .log(|log| log.format(gusset::log::Format::Json).writer(out))
        .health(|health| health.handle_signals(false));
    (builder, output)
}

/// Returns the access log entries.
fn access_lines(output: &SharedOutput) -> Vec<Value> {
    let lines = output.lines().into_iter();
    let entries = lines.map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let is_access = |entry: &Value| entry["target"] == "gusset::access";
    entries.filter(is_access).collect()
}
