//! What needs a feature that is off is an error at start, which names the variable and the feature.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use gusset_otlp::Telemetry;

const TO: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");

#[track_caller]
fn needs(feature: &str, is_on: bool, variables: &[(&str, &str)]) {
    let (name, _) = variables[0];
    let built = Telemetry::builder().build_with(|name| {
        let mut all = variables.iter();
        let found = all.find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    match built {
        Ok(_) => assert!(is_on, "{feature} is off"),
        Err(error) => {
            assert!(!is_on, "{error}");
            assert_eq!(error.setting(), name);
            assert!(
                error.to_string().contains(&format!("feature `{feature}`")),
                "{error}"
            );
        }
    }
}

#[test]
fn the_protocol_grpc_needs_its_feature() {
    let variables = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), TO];
    needs("grpc", cfg!(feature = "grpc"), &variables);
}

#[test]
fn compression_needs_its_feature() {
    let variables = [("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"), TO];
    needs("gzip", cfg!(feature = "gzip"), &variables);
}

#[test]
fn https_needs_its_feature() {
    if cfg!(feature = "tls") {
        // With it, whether the system has authorities is the machine's affair; `it` has its own.
        return;
    }
    needs(
        "tls",
        false,
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1")],
    );
}

#[test]
fn no_feature_changes_the_default_protocol() {
    assert_eq!(gusset_otlp::Protocol::default().as_str(), "http/protobuf");
}
