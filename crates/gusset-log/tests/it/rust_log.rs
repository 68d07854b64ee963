//! The variables with filters: access log entries under them, and directives that are not valid.

use gusset_log::{AccessLog, Format, LogLayerBuilder};
use http::Response;
use proptest::prelude::*;
use tracing::{debug, error, info};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::support::*;

/// Returns the entries of `work` with a variable.
fn logged_with(
    builder: LogLayerBuilder,
    (variable, value): (&str, &str),
    work: impl FnOnce(),
) -> Vec<String> {
    let output = Output::default();
    let env = |name: &str| (name == variable).then(|| value.to_owned());
    let log = builder.writer(output.clone()).build_with(env).unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, work);
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    output.lines()
}

/// Logs a call for each of these statuses, two events of the service and one of a dependency.
fn log_everything() {
    for status in [200, 404, 500] {
        let log = AccessLog::server().build_with(no_env).unwrap();
        call(log, get("/items/42"), move |_| {
            Response::builder().status(status).body("").unwrap()
        });
    }
    debug!(target: "my_app::db", "debug of the service");
    error!(target: "my_app", "error of the service");
    info!(target: "h2::codec", "info of h2");
}

/// Returns the messages under a value of `RUST_LOG`.
fn messages(value: &str) -> Vec<String> {
    let lines = logged_with(builder(Format::Json), ("RUST_LOG", value), log_everything);
    let message = |line: &String| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["message"].as_str().unwrap().to_owned()
    };
    lines.iter().map(message).collect()
}

const ACCESS: [&str; 3] = [
    "GET /items/42 200",
    "GET /items/42 404",
    "GET /items/42 500",
];
const SERVICE: [&str; 2] = ["debug of the service", "error of the service"];

#[test]
fn filter_of_other_targets_leaves_access_entries() {
    for value in [
        "my_app=debug",
        "my_app",
        "my_app=debug,h2=off",
        "my_app=4",
        "my_app=DEBUG",
    ] {
        assert_eq!(messages(value), [&ACCESS[..], &SERVICE].concat(), "{value}");
    }
    assert_eq!(messages("h2=off"), ACCESS);
    // The targets are prefixes, and these are none of the target of access log entries.
    assert_eq!(messages("gusset::otlp=debug,gusset::accessory=off"), ACCESS);
}

#[test]
fn named_target_decides_about_access_entries() {
    for value in ["my_app=debug,gusset::access=off", "gusset=off,my_app=debug"] {
        assert_eq!(messages(value), SERVICE, "{value}");
    }
    let with_errors = [&ACCESS[2..], &SERVICE].concat();
    for value in [
        "my_app=debug,gusset::access=error",
        "gusset=warn,my_app=debug",
    ] {
        assert_eq!(messages(value), with_errors, "{value}");
    }
    assert_eq!(messages("warn,gusset::access=info")[..3], ACCESS);
    assert_eq!(messages("off,gusset=info")[..], ACCESS);
}

#[test]
fn level_for_all_targets_decides_about_access_entries() {
    assert_eq!(messages("off"), [""; 0]);
    assert_eq!(messages("0"), [""; 0]);
    assert_eq!(messages("off,my_app=debug"), SERVICE);
    assert_eq!(messages("my_app=debug,off"), SERVICE);
    for value in ["error", "warn", "ERROR", "1"] {
        assert_eq!(messages(value), [ACCESS[2], SERVICE[1]], "{value}");
    }
    assert_eq!(
        messages("warn,my_app=debug"),
        [ACCESS[2], SERVICE[0], SERVICE[1]]
    );
    for value in ["info,my_app=off", "trace,my_app=off,h2=info"] {
        assert_eq!(
            messages(value),
            [&ACCESS[..], &["info of h2"]].concat(),
            "{value}"
        );
    }
}

#[test]
fn filter_of_other_targets_leaves_entries_of_panics() {
    let panic = || error!(target: "gusset::panic", "panicked");
    let count = |value| logged_with(builder(Format::Json), ("RUST_LOG", value), panic).len();
    assert_eq!(count("my_app=debug"), 1);
    assert_eq!(count("my_app=debug,gusset::panic=off"), 0);
    assert_eq!(count("off,my_app=debug"), 0);
}

#[test]
fn filters_in_code_and_of_records_leave_access_entries() {
    let sink = RecordingSink::default();
    let builder = builder(Format::Json)
        .sink(sink.clone())
        .filter("my_app=debug")
        .unwrap()
        .export_filter("my_app=error")
        .unwrap();
    let lines = logged(builder, log_everything);
    assert_eq!(lines.len(), 5);
    let records = std::mem::take(&mut *sink.0.lock().unwrap());
    let bodies: Vec<_> = records
        .iter()
        .map(|record| record.body.to_string())
        .collect();
    assert_eq!(bodies, [&ACCESS[..], &SERVICE[1..]].concat());
}

#[test]
fn filter_of_other_targets_at_run_time_leaves_access_entries() {
    let output = Output::default();
    let log = builder(Format::Json).writer(output.clone());
    let log = log.build_with(no_env).unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || {
        log.filter_handle.set("my_app=debug").unwrap();
        log_everything();
        // What is read can be set again.
        assert_eq!(log.filter_handle.filter(), "my_app=debug");
        log.filter_handle.set("off").unwrap();
        log_everything();
    });
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    assert_eq!(output.lines().len(), 5);
}

#[test]
fn empty_parts_and_white_space_are_no_error() {
    let expected = [&ACCESS[..], &SERVICE].concat();
    for value in [
        "my_app=debug,",
        ",my_app=debug",
        "my_app=debug,,h2=off",
        " , my_app = debug ,\t",
        "my_app=",
    ] {
        assert_eq!(messages(value), expected, "{value}");
    }
    for value in [",", " , ,", " "] {
        let expected = [&ACCESS[..], &[SERVICE[1], "info of h2"]].concat();
        assert_eq!(messages(value), expected, "{value:?}");
    }
}

/// Returns the only entry at the start with a value of a variable, and the filter.
fn warning(variable: &str, value: &str) -> (String, String) {
    let output = Output::default();
    let env = |name: &str| (name == variable).then(|| value.to_owned());
    let builder = builder(Format::Json).writer(output.clone());
    let log = builder.build_with::<Registry>(env).unwrap();
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let lines = output.lines();
    assert_eq!(lines.len(), 1, "{lines:?}");
    (lines[0].clone(), log.filter_handle.filter())
}

#[test]
fn one_entry_warns_of_all_ignored_directives() {
    let (line, filter) = warning(
        "RUST_LOG",
        "my_app=loud, shop[order{id=7,user}]=debug,=debug,a=b=c,my app,h2=warn",
    );
    assert_eq!(filter, "h2=warn");
    insta::assert_snapshot!(line);
}

#[test]
fn filter_without_readable_directive_is_the_default() {
    for value in [
        "my_app=loud",
        "[order]=debug",
        "shop[{user,id}]=trace",
        "a=b=c,[",
        "=",
        "?",
    ] {
        let (line, filter) = warning("RUST_LOG", value);
        assert_eq!(filter, "info", "{value}");
        assert!(line.contains("the default is used"), "{line}");
        let builder = builder(Format::Json).filter("warn").unwrap();
        let env = |name: &str| (name == "RUST_LOG").then(|| value.to_owned());
        let log = builder.writer(std::io::sink()).build_with::<Registry>(env);
        assert_eq!(log.unwrap().filter_handle.filter(), "warn", "{value}");
    }
}

#[test]
fn unclosed_brace_ignores_its_own_directive() {
    let (_, filter) = warning("RUST_LOG", "shop[{user,debug,h2=off");
    assert_eq!(filter, "h2=off,debug");
    let (_, filter) = warning("RUST_LOG", "shop[{user,id}]=trace,debug,a[{b}]=info,h2=off");
    assert_eq!(filter, "h2=off,debug");
}

#[test]
fn filter_does_not_hide_the_warning() {
    for value in [
        "off,my_app=loud",
        "my_app=debug,h2=loud",
        "gusset=off,x=loud",
    ] {
        let (line, _) = warning("RUST_LOG", value);
        assert!(line.contains("=loud"), "{line}");
    }
}

#[test]
fn variable_of_exported_records_is_read_alike() {
    let (line, filter) = warning("GUSSET_LOGS_FILTER", "warn,my_app=loud,");
    assert_eq!(filter, "info");
    assert!(
        line.contains("`GUSSET_LOGS_FILTER`: ignoring `my_app=loud`"),
        "{line}"
    );
}

#[test]
fn format_without_such_entries_has_no_warning_in_it() {
    let env = ("RUST_LOG", "info,my_app=loud");
    let lines = logged_with(builder(Format::Common), env, log_everything);
    assert_eq!(lines.len(), 3);
    assert!(
        lines
            .iter()
            .all(|line| line.contains("\"GET /items/42 HTTP/1.1\""))
    );
}

proptest! {
    #[test]
    fn any_value_starts_the_service(value in r"([a-z:_]{0,4}|info|[\[\]{}=, ?]){0,12}") {
        let env = |name: &str| (name == "RUST_LOG").then(|| value.clone());
        let builder = builder(Format::Json).writer(std::io::sink());
        prop_assert!(builder.build_with::<Registry>(env).is_ok());
    }
}

#[test]
fn filter_of_other_targets_leaves_warnings_of_gusset() {
    let count = |value: &str| {
        let lines = logged_with(builder(Format::Json), ("RUST_LOG", value), || {
            tracing::warn!(target: "gusset::otlp", "ignoring a variable");
            info!(target: "gusset::otlp", "the start");
        });
        lines.len()
    };
    assert_eq!(count("my_app=debug"), 1);
    assert_eq!(count("my_app=debug,gusset::access=off"), 1);
    for value in [
        "off",
        "error",
        "my_app=debug,gusset=error",
        "my_app=debug,gusset::otlp=off",
    ] {
        assert_eq!(count(value), 0, "{value}");
    }
    assert_eq!(count("my_app=debug,gusset=info"), 2);
}
