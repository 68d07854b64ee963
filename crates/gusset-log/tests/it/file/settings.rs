//! Settings and variables.

use std::fs;

use gusset_log::{Format, LogLayer, LogPipeline};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::{Folder, Log, file};
use crate::support::{Output, TEST_TIMEOUT};

#[test]
fn invalid_setting_is_named() {
    let folder = Folder::new();
    let setting = |file: gusset_log::LogFileBuilder| {
        let error = file.open().unwrap_err();
        error.setting().to_owned()
    };
    assert_eq!(setting(file(&folder).max_bytes(0)), "max_bytes");
    assert_eq!(setting(file(&folder).max_files(0)), "max_files");
    assert_eq!(setting(file(&folder).max_files(1001)), "max_files");
    let missing = gusset_log::LogFile::builder(folder.path("no/folder.log"));
    let error = missing.open().unwrap_err().to_string();
    assert!(
        error.contains("`file`") && error.contains("folder.log"),
        "{error}"
    );
}

/// Builds a log with these variables, and logs a message. Returns what the pipeline has of a file.
fn log_with(variables: &[(&str, &str)], output: Option<Output>) -> bool {
    let variable = |name: &str| {
        let mut variables = variables.iter();
        variables
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    let mut builder = LogLayer::builder().format(Format::Json);
    if let Some(output) = output {
        builder = builder.writer(output);
    }
    let log: LogPipeline<Registry> = builder.build_with(variable).unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, || tracing::info!("hello"));
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    log.file_handle.is_some()
}

#[test]
fn variable_sets_the_file() {
    let folder = Folder::new();
    let path = folder.path("shop.log");
    let path = path.to_str().unwrap();
    let variables = [
        ("GUSSET_LOGS_FILE", path),
        ("GUSSET_LOGS_FILE_MAX_BYTES", "1"),
        ("GUSSET_LOGS_FILE_MAX_FILES", "1"),
        ("GUSSET_LOGS_FILE_REOPEN_ON_SIGHUP", "true"),
    ];
    for _ in 0..3 {
        assert!(log_with(&variables, None));
    }
    assert_eq!(folder.names(), ["shop.log", "shop.log.1"]);
    assert_eq!(folder.messages("shop.log"), ["hello"]);
}

#[test]
fn writer_set_in_code_wins() {
    let folder = Folder::new();
    let path = folder.path("shop.log");
    let output = Output::default();
    let variables = [("GUSSET_LOGS_FILE", path.to_str().unwrap())];
    assert!(!log_with(&variables, Some(output.clone())));
    assert!(output.text().contains("hello"));
    assert!(folder.names().is_empty());
}

#[test]
fn invalid_variable_is_warned_of() {
    let folder = Folder::new();
    let path = folder.path("shop.log");
    let variables = [
        ("GUSSET_LOGS_FILE", path.to_str().unwrap()),
        ("GUSSET_LOGS_FILE_MAX_BYTES", "10 MB"),
    ];
    assert!(log_with(&variables, None));
    let messages = folder.messages("shop.log");
    assert!(
        messages[0].contains("`GUSSET_LOGS_FILE_MAX_BYTES`: ignoring `10 MB`"),
        "{messages:?}"
    );
    assert_eq!(messages[1], "hello");
    // Without a file that can be opened, the service starts and logs to standard output.
    let missing = folder.path("no/folder.log");
    assert!(!log_with(
        &[("GUSSET_LOGS_FILE", missing.to_str().unwrap())],
        None
    ));
}

#[test]
fn file_is_left_open_by_clones_of_the_handle_only() {
    let folder = Folder::new();
    let log = Log::new(file(&folder));
    log.write("first");
    let handle = log.handle.clone();
    drop(log);
    fs::remove_file(folder.path("shop.log")).unwrap();
    // It still works, and no entry follows.
    handle.reopen();
    assert_eq!(folder.len("shop.log"), 0);
}
