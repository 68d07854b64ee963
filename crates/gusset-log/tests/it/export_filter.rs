//! The filter of exported records, and directives that no filter has.

use gusset_data::LogRecord;
use gusset_log::{Format, LogLayerBuilder};
use tracing::{debug, error, info, warn};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

/// Returns the messages of the entries and of the records.
fn messages(
    builder: LogLayerBuilder,
    env: &[(&str, &str)],
    work: impl FnOnce(),
) -> [Vec<String>; 2] {
    let (output, sink) = (Output::default(), RecordingSink::default());
    let builder = builder.writer(output.clone()).sink(sink.clone());
    let env = |name: &str| {
        let mut variables = env.iter();
        let (_, value) = variables.find(|(key, _)| *key == name)?;
        Some((*value).to_owned())
    };
    let log = builder.build_with(env).unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, work);
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let lines = output.lines();
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let lines = lines.map(|line| line["message"].as_str().unwrap().to_owned());
    let records = sink.0.lock().unwrap();
    let records = records
        .iter()
        .map(|record: &LogRecord| record.body.to_string());
    [lines.collect(), records.collect()]
}

fn log_everything() {
    debug!("debug");
    info!("info");
    warn!("warn");
    error!("error");
}

#[test]
fn output_and_export_have_levels_of_their_own() {
    let builder = || builder(Format::Json).filter("warn").unwrap();
    let [lines, records] = messages(
        builder().export_filter("debug").unwrap(),
        &[],
        log_everything,
    );
    assert_eq!(lines, ["warn", "error"]);
    assert_eq!(records, ["debug", "info", "warn", "error"]);
    let [lines, records] = messages(
        builder().export_filter("error").unwrap(),
        &[],
        log_everything,
    );
    assert_eq!(lines, ["warn", "error"]);
    assert_eq!(records, ["error"]);
    let [lines, records] = messages(builder().export_filter("off").unwrap(), &[], log_everything);
    assert_eq!(lines, ["warn", "error"]);
    assert_eq!(records, [""; 0]);
}

#[test]
fn export_has_the_filter_of_the_output_by_default() {
    let builder = builder(Format::Json).filter("warn").unwrap();
    let [lines, records] = messages(builder, &[], log_everything);
    assert_eq!(lines, ["warn", "error"]);
    assert_eq!(records, lines);
}

#[test]
fn variable_overrides_the_export_filter() {
    let builder = builder(Format::Json).export_filter("off").unwrap();
    let env = [("GUSSET_LOGS_FILTER", "error"), ("RUST_LOG", "info")];
    let [lines, records] = messages(builder, &env, log_everything);
    assert_eq!(lines, ["info", "warn", "error"]);
    assert_eq!(records, ["error"]);
}

#[test]
fn filter_handle_leaves_the_export_filter() {
    let (output, sink) = (Output::default(), RecordingSink::default());
    let log = builder(Format::Json)
        .writer(output.clone())
        .sink(sink.clone());
    let log = log
        .export_filter("warn")
        .unwrap()
        .build_with(no_env)
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        log.filter_handle.set("off").unwrap();
        log_everything();
    });
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    assert_eq!(output.text(), "");
    assert_eq!(sink.0.lock().unwrap().len(), 2);
}

#[test]
fn directives_for_spans_are_refused() {
    for filter in [
        "shop[order]=debug",
        "[order]=debug",
        "[{user}]=trace",
        "info,shop[order{id=7}]=debug",
        "shop[{user,id}]=debug",
    ] {
        let error = builder(Format::Json).filter(filter).unwrap_err();
        assert_eq!(error.setting(), "filter");
        let text = error.to_string();
        assert!(text.contains("fields of spans are not supported"), "{text}");
        assert!(
            builder(Format::Json).export_filter(filter).is_err(),
            "{filter}"
        );
    }
}

#[test]
fn unsupported_directive_keeps_the_filter() {
    let log = builder(Format::Json).writer(Output::default());
    let log = log
        .build_with::<tracing_subscriber::Registry>(no_env)
        .unwrap();
    assert!(log.filter_handle.set("shop[order]=debug").is_err());
    assert_eq!(log.filter_handle.filter(), "info");
}
