//! The names of vendors: a field of the service neither replaces one of them nor conflicts with it.

use std::collections::BTreeMap;

use gusset_data::Resource;
use gusset_log::{AccessLog, Format, LogLayerBuilder};
use http::Response;
use serde_json::{Value, json};
use tracing::{error, info, info_span};

use crate::support::*;

/// Returns the only entry, which has no key twice.
fn entry(builder: LogLayerBuilder, work: impl FnOnce()) -> Value {
    let lines = logged(builder, work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let entry: Value = serde_json::from_str(&lines[0]).unwrap();
    let keys = entry.as_object().unwrap().len();
    // A parser keeps one value of each key.
    let written = serde_json::to_string(&entry).unwrap();
    assert_eq!(written.len(), lines[0].len(), "{} keys in {lines:?}", keys);
    entry
}

#[test]
fn reserved_names_of_datadog_step_aside() {
    let line = entry(builder(Format::Datadog), || {
        info!(
            host = "mine",
            service = "mine",
            hostname = "mine",
            date = "mine",
            source = "mine",
            msg = "mine",
            status = "mine",
            ddtags = "mine",
            "here"
        );
    });
    for name in [
        "host", "service", "hostname", "date", "source", "msg", "status", "ddtags",
    ] {
        assert_eq!(line[format!("field.{name}")], "mine", "{line}");
        assert_ne!(line[name], "mine", "{line}");
    }
    assert_eq!(line["message"], "here");
}

#[test]
fn error_of_datadog_is_its_standard_attribute() {
    let line = entry(builder(Format::Datadog), || {
        error!(
            error = true,
            exception.r#type = "Disk",
            exception.stacktrace = "at",
            "lost"
        );
    });
    assert_eq!(line["error.message"], "true");
    assert_eq!(line["error.kind"], "Disk");
    assert_eq!(line["error.stack"], "at");
    assert_eq!(line.get("error"), None);
}

#[test]
fn other_formats_keep_the_reserved_names_of_datadog() {
    let line = entry(builder(Format::Json), || info!(host = "mine", "here"));
    assert_eq!(line["host"], "mine");
}

#[test]
fn reserved_names_of_google_cloud_step_aside() {
    let line = entry(builder(Format::google_cloud("p")), || {
        info!(
            timestampSeconds = 1,
            timestampNanos = 2,
            time = 3,
            timestamp = 4,
            "here"
        );
    });
    for (name, value) in [
        ("timestampSeconds", 1),
        ("timestampNanos", 2),
        ("time", 3),
        ("timestamp", 4),
    ] {
        assert_eq!(line[format!("field.{name}")], value, "{line}");
        assert_ne!(line[name], value, "{line}");
    }
}

/// Adds the type of every value by its path, as Elasticsearch maps fields.
fn add_mapping(mapping: &mut BTreeMap<String, String>, path: &str, value: &Value) {
    let kind = match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                add_mapping(mapping, &format!("{path}.{name}"), value);
            }
            return;
        }
        Value::Array(values) => {
            return values
                .iter()
                .for_each(|value| add_mapping(mapping, path, value));
        }
        Value::String(_) => "keyword",
        Value::Bool(_) => "boolean",
        _ => "long",
    };
    let mapped = mapping.entry(path.to_owned()).or_insert(kind.to_owned());
    assert_eq!(mapped, kind, "{path}");
}

#[test]
fn span_fields_of_ecs_cause_no_mapping_conflict() {
    let lines = logged(builder(Format::Ecs), || {
        info_span!("work", id = 1, user = "me", at = "2026-11-22", done = true)
            .in_scope(|| info!("one"));
        info_span!(
            "work",
            id = "one",
            user.name = "me",
            at = "noon",
            done = 0.5
        )
        .in_scope(|| info!("two"));
        info_span!("outer", id = 1, user = "me").in_scope(|| {
            info_span!("work", id = 2).in_scope(|| {
                info_span!("work", id = 3).in_scope(|| info!(work.id = "mine", "three"));
            });
        });
    });
    let mut mapping = BTreeMap::new();
    for line in &lines {
        let line = serde_json::from_str(line).unwrap();
        add_mapping(&mut mapping, "", &line);
    }
    // No path is a value and an object.
    for path in mapping.keys() {
        let below = format!("{path}.");
        assert!(
            !mapping.keys().any(|other| other.starts_with(&below)),
            "{path}"
        );
        assert!(
            !path.contains("work") || path.starts_with(".labels."),
            "{path}"
        );
    }
    let second: Value = serde_json::from_str(&lines[1]).unwrap();
    assert_eq!(second["labels.work_user_name"], "me");
    assert_eq!(second["labels.work_done"], "0.5");
    // The event's own field and the innermost span keep their keys.
    let third: Value = serde_json::from_str(&lines[2]).unwrap();
    assert_eq!(third["labels.work_id"], "mine");
    assert_eq!(third["labels.outer_id"], "1");
    assert_eq!(lines[2].matches("labels.work_id").count(), 1);
}

#[test]
fn exceptions_are_errors_in_ecs() {
    let line = entry(builder(Format::Ecs), || {
        error!(
            exception.r#type = "Disk",
            exception.message = "full",
            exception.stacktrace = "at",
            "lost"
        );
    });
    assert_eq!(line["error.type"], "Disk");
    assert_eq!(line["error.message"], "full");
    assert_eq!(line["error.stack_trace"], "at");
    let exception = line
        .as_object()
        .unwrap()
        .keys()
        .find(|key| key.contains("exception"));
    assert_eq!(exception, None);
}

#[test]
fn error_in_ecs_is_a_text() {
    for (line, text) in [
        (
            entry(builder(Format::Ecs), || error!(error = true, "lost")),
            "true",
        ),
        (
            entry(builder(Format::Ecs), || error!(error = 7, "lost")),
            "7",
        ),
        (
            entry(builder(Format::Ecs), || {
                error!(error.message = true, "lost");
            }),
            "true",
        ),
    ] {
        assert_eq!(line["error.message"], text);
        assert_eq!(line.get("error"), None);
    }
    let line = entry(builder(Format::Ecs), || {
        error!(error = "first", exception.message = "second", "lost");
    });
    assert_eq!(line["error.message"], "first");
    assert_eq!(line["labels.exception_message"], "second");
}

fn shop() -> Resource {
    Resource::new()
        .with("service.name", "shop")
        .with("service.version", "1.2.3")
        .with("deployment.environment.name", "production")
}

#[test]
fn service_of_ecs_is_that_of_the_resource() {
    let line = entry(builder(Format::Ecs).default_resource(shop()), || {
        info!("here");
    });
    assert_eq!(line["service.name"], "shop");
    assert_eq!(line["service.version"], "1.2.3");
    assert_eq!(line["service.environment"], "production");
}

#[test]
fn service_of_datadog_is_that_of_the_resource() {
    let line = entry(builder(Format::Datadog).default_resource(shop()), || {
        info!("here");
    });
    assert_eq!(line["dd.service"], "shop");
    assert_eq!(line["dd.version"], "1.2.3");
    assert_eq!(line["dd.env"], "production");
}

#[test]
fn service_of_environment_is_the_default() {
    let env = |name: &str| match name {
        "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
        "OTEL_RESOURCE_ATTRIBUTES" => Some("service.version=1.2.3".to_owned()),
        _ => None,
    };
    let output = Output::default();
    let log = builder(Format::Ecs)
        .writer(output.clone())
        .build_with(env)
        .unwrap();
    let subscriber =
        tracing_subscriber::layer::SubscriberExt::with(tracing_subscriber::registry(), log.layer);
    gusset_testkit::with_subscriber(subscriber, || info!("here"));
    assert!(log.flush_guard.flush(TEST_TIMEOUT));
    let line: Value = serde_json::from_str(&output.text()).unwrap();
    assert_eq!(line["service.name"], "shop");
    assert_eq!(line["service.version"], "1.2.3");
}

#[test]
fn unknown_service_is_left_out() {
    for format in [Format::Ecs, Format::Datadog, Format::Json] {
        let line = entry(builder(format), || info!("here")).to_string();
        assert!(
            !line.contains("unknown_service") && !line.contains("service.name"),
            "{line}"
        );
    }
}

#[test]
fn json_has_the_service_only_by_option() {
    let line = entry(builder(Format::Json).default_resource(shop()), || {
        info!("here");
    });
    assert_eq!(line.get("service.name"), None);
    let line = entry(builder(Format::Json).resource(shop()), || info!("here"));
    assert_eq!(line["service.name"], "shop");
}

#[test]
fn second_message_does_not_replace_the_first() {
    for format in [Format::Json, Format::Datadog, Format::google_cloud("p")] {
        let line = entry(builder(format), || info!(message = "mine", "here"));
        assert_eq!(line["message"], "here");
        assert_eq!(line["field.message"], "mine");
    }
    let line = entry(builder(Format::Ecs), || info!(message = "mine", "here"));
    assert_eq!(line["message"], "here");
    assert_eq!(line["labels.message"], "mine");
    let line = entry(builder(Format::Json), || info!(message = "mine"));
    assert_eq!(line["message"], "mine");
}

#[test]
fn access_log_entries_have_no_label() {
    let line = entry(builder(Format::Ecs), || {
        let log = AccessLog::server().build_with(no_env).unwrap();
        call(log, get("/items"), |_| Response::new("hello"));
    });
    assert_eq!(line["url.path"], "/items");
    assert_eq!(line.get("spans"), None);
    assert_eq!(line["ecs.version"], json!("8.11.0"));
}
