//! The redaction of secrets in entries.

use gusset_log::{Format, Redaction};
use tracing::{info, info_span};

use crate::support::*;

#[test]
fn secrets_are_redacted_in_every_format() {
    for format in [
        Format::Json,
        Format::Ecs,
        Format::Logfmt,
        Format::pretty(true),
    ] {
        let lines = logged(builder(format), || {
            let span = info_span!("login", api_key = "hunter2", user = "me");
            span.in_scope(|| {
                info!(
                    password = "hunter2",
                    "user.accessToken" = ?Some("hunter2"),
                    url = "redis://me:hunter2@cache/0",
                    header = %"Bearer hunter2hunter2",
                    "connecting to amqp://u:hunter2@queue"
                );
            });
        });
        assert!(!lines[0].contains("hunter2"), "{lines:?}");
        assert!(
            lines[0].contains("REDACTED") && lines[0].contains("me"),
            "{lines:?}"
        );
    }
}

#[test]
fn custom_keys_and_patterns_are_redacted() {
    let redaction = Redaction::default()
        .key("iban")
        .pattern("[0-9]{4}-[0-9]{4}")
        .unwrap();
    let lines = logged(builder(Format::Json).redaction(redaction), || {
        info!(iban = 7, card = "1234-5678", "paid with 1234-5678");
    });
    let line: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(line["iban"], "REDACTED");
    assert_eq!(line["card"], "REDACTED");
    assert_eq!(line["message"], "paid with REDACTED");
}
