//! A value that requires a disabled feature is an error at start. It names the variable and the feature.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

use gusset_otlp::OtlpPipeline;

const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1");

#[track_caller]
fn assert_requires(feature: &str, is_enabled: bool, variables: &[(&str, &str)]) {
    let (name, _) = variables[0];
    let built = OtlpPipeline::builder().build_with(|name| {
        let mut all = variables.iter();
        let found = all.find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    });
    match built {
        Ok(_) => assert!(is_enabled, "{feature} is disabled"),
        Err(error) => {
            assert!(!is_enabled, "{error}");
            assert_eq!(error.setting(), name);
            assert!(
                error.to_string().contains(&format!("feature `{feature}`")),
                "{error}"
            );
        }
    }
}

#[test]
fn grpc_requires_its_feature() {
    let variables = [("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"), ENDPOINT];
    assert_requires("grpc", cfg!(feature = "grpc"), &variables);
}

#[test]
fn gzip_requires_its_feature() {
    let variables = [("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"), ENDPOINT];
    assert_requires("gzip", cfg!(feature = "gzip"), &variables);
}

#[test]
fn https_requires_its_feature() {
    if cfg!(feature = "tls") {
        // The result would depend on the root certificates of the machine. `it::tls` has its own.
        return;
    }
    assert_requires(
        "tls",
        false,
        &[("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1")],
    );
}

#[test]
fn default_protocol_is_independent_of_features() {
    assert_eq!(
        gusset_otlp::OtlpProtocol::default().as_str(),
        "http/protobuf"
    );
}
