//! Records of the `log` crate.

use std::num::NonZeroU32;

use gusset_log::Format;
use tracing_log::{format_trace, log};

use crate::support::*;

/// Logs a record as a crate that uses `log` does.
fn log_record(level: log::Level, target: &str, line: u32, message: &str) {
    let mut record = log::Record::builder();
    let record = record.level(level).target(target);
    let record = record.file(Some("src/pool.rs")).line(Some(line));
    let record = record.module_path(Some("other_crate::pool"));
    format_trace(&record.args(format_args!("{message}")).build()).unwrap();
}

fn warn(target: &str, line: u32) {
    log_record(log::Level::Warn, target, line, "no connection");
}

#[test]
fn record_has_own_target_file_and_line_in_every_format() {
    for (format, parts) in [
        (
            Format::Json,
            &[
                r#""target":"other_crate""#,
                r#""code.file.path":"src/pool.rs","code.line.number":17"#,
            ][..],
        ),
        (
            Format::Ecs,
            &[
                r#""log.logger":"other_crate""#,
                r#""log.origin.file.name":"src/pool.rs","log.origin.file.line":17"#,
            ],
        ),
        (
            Format::google_cloud("p"),
            &[
                r#""target":"other_crate""#,
                r#""logging.googleapis.com/sourceLocation":{"file":"src/pool.rs","line":"17"}"#,
            ],
        ),
        (
            Format::Datadog,
            &[
                r#""logger.name":"other_crate""#,
                r#""code.file.path":"src/pool.rs","code.line.number":17"#,
            ],
        ),
        (
            Format::emf("n"),
            &[
                r#""target":"other_crate""#,
                r#""code.file.path":"src/pool.rs","code.line.number":17"#,
            ],
        ),
        (
            Format::Logfmt,
            &[
                " target=other_crate ",
                " code.file.path=src/pool.rs code.line.number=17",
            ],
        ),
        (
            Format::pretty(false),
            &[
                " other_crate: no connection",
                " code.file.path=src/pool.rs code.line.number=17",
            ],
        ),
    ] {
        let lines = logged(builder(format), || warn("other_crate", 17));
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(lines[0].contains("no connection"), "{lines:?}");
        for part in parts {
            assert!(lines[0].contains(part), "{part} in {lines:?}");
        }
        for field in ["log.target", "log.file", "log.line", "log.module_path"] {
            assert!(!lines[0].contains(field), "{field} in {lines:?}");
        }
    }
}

#[test]
fn exported_record_has_own_target_file_and_line() {
    let records = records(|| warn("other_crate", 17));
    let record = &records[0];
    assert_eq!(record.scope, "other_crate");
    assert_eq!(record.body, "no connection");
    assert_eq!(record.event_name, None);
    let attributes: Vec<_> = record
        .attributes
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(
        attributes,
        ["code.file.path=src/pool.rs", "code.line.number=17"]
    );
}

#[test]
fn record_without_location_has_only_its_target() {
    let lines = logged(builder(Format::Json), || {
        let mut record = log::Record::builder();
        let record = record.level(log::Level::Info).target("other_crate");
        format_trace(&record.args(format_args!("connected")).build()).unwrap();
    });
    assert!(
        lines[0].ends_with(r#""target":"other_crate","message":"connected"}"#),
        "{lines:?}"
    );
}

#[test]
fn each_call_site_is_limited_on_its_own() {
    let limited = builder(Format::Json).rate_limit(NonZeroU32::new(2).unwrap());
    let lines = logged(limited, || {
        for _ in 0..100 {
            warn("busy", 1);
        }
        warn("quiet", 1);
        warn("busy", 2);
        log_record(log::Level::Error, "busy", 1, "worse");
    });
    let targets: Vec<_> = lines
        .iter()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| format!("{} {}", line["target"], line["code.line.number"]))
        .collect();
    assert_eq!(
        targets,
        [
            "\"busy\" 1",
            "\"busy\" 1",
            "\"quiet\" 1",
            "\"busy\" 2",
            "\"busy\" 1"
        ]
    );
}

#[test]
fn sites_beyond_the_maximum_share_the_limit_of_their_level() {
    let limited = builder(Format::Json).rate_limit(NonZeroU32::new(1).unwrap());
    let lines = logged(limited.max_queue_bytes(8 << 20), || {
        for site in 0..5000 {
            warn(&format!("made_at_run_time_{site}"), 1);
        }
    });
    assert_eq!(lines.len(), 4096 + 1);
}

#[test]
fn filter_applies_to_own_target() {
    let filtered = builder(Format::Json)
        .filter("info,busy=off,quiet=debug")
        .unwrap();
    let lines = logged(filtered, || {
        warn("busy::pool", 1);
        log_record(log::Level::Debug, "quiet", 1, "details");
        log_record(log::Level::Debug, "other_crate", 1, "details");
    });
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains(r#""target":"quiet""#), "{lines:?}");
}

#[test]
fn hostile_target_stays_on_one_line() {
    let lines = logged(builder(Format::Logfmt), || warn("a\nlevel=error", 1));
    assert_eq!(lines.len(), 1, "{lines:?}");
}

#[test]
fn own_events_have_their_location_by_option() {
    for format in [Format::Json, Format::Logfmt, Format::pretty(false)] {
        let lines = logged(builder(format.clone()), || tracing::info!("here"));
        assert!(!lines[0].contains("code.file.path"), "{lines:?}");
        let lines = logged(builder(format).source_location(), || {
            tracing::info!("here");
            tracing::info!(code.file.path = "mine.rs", "elsewhere");
        });
        assert!(lines[0].contains("log_crate.rs"), "{lines:?}");
        assert!(lines[0].contains("code.line.number"), "{lines:?}");
        assert!(lines[1].contains("mine.rs"), "{lines:?}");
        assert!(!lines[1].contains("log_crate.rs"), "{lines:?}");
    }
}
