//! What is wrong is reported before there is traffic.

use std::net::TcpListener;

use gusset::Gusset;

use crate::set_up;

fn build(variables: &[(&str, &str)]) -> Gusset {
    let lookup = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    set_up().0.build_with(lookup).unwrap()
}

/// Returns the findings that name this setting.
fn findings(gusset: &Gusset, setting: &str) -> Vec<String> {
    let report = gusset.check();
    let findings = report.findings().iter();
    let findings = findings.filter(|finding| finding.setting == setting);
    findings.map(ToString::to_string).collect()
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

#[tokio::test]
async fn signal_that_goes_nowhere_is_a_warning() {
    let found = findings(&build(&[]), ENDPOINT);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("warning: OTEL_EXPORTER_OTLP_ENDPOINT: traces"),
        "{found:?}"
    );

    let console = build(&[("OTEL_TRACES_EXPORTER", "console")]);
    assert!(findings(&console, ENDPOINT).is_empty());

    let alone = set_up().0.without_management().without_health();
    let alone = alone.build_with(|_| None).unwrap();
    let found = findings(&alone, ENDPOINT);
    assert!(
        found
            .iter()
            .any(|finding| finding.contains("metrics are recorded")),
        "{found:?}"
    );
}

#[tokio::test]
async fn unreachable_receiver_is_an_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let gusset = build(&[(ENDPOINT, &url), ("OTEL_SERVICE_NAME", "shop")]);
    let report = gusset.check();
    assert!(!report.has_errors(), "{report}");
    assert!(!report.to_string().contains("OTEL_SERVICE_NAME"));

    drop(listener);
    let found = findings(&gusset, ENDPOINT);
    assert_eq!(found.len(), 3, "one for each signal: {found:?}");
    let expected = format!("error: {ENDPOINT}: traces do not reach {url}/v1/traces: ");
    assert!(found[0].starts_with(&expected), "{found:?}");
    assert!(gusset.check().has_errors());
}

#[tokio::test]
async fn credentials_without_tls_are_a_warning() {
    let headers = (
        "OTEL_EXPORTER_OTLP_HEADERS",
        "authorization=Bearer%20secret",
    );
    let remote = build(&[(ENDPOINT, "http://192.0.2.1:4318"), headers]);
    let found = findings(&remote, headers.0);
    assert!(
        found[0].contains("without TLS") && !found[0].contains("secret"),
        "{found:?}"
    );
    let local = build(&[(ENDPOINT, "http://127.0.0.1:4318"), headers]);
    assert!(findings(&local, headers.0).is_empty());
}

#[tokio::test]
async fn cluster_cannot_reach_a_loopback_address() {
    let cluster = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    let setting = "OTEL_EXPORTER_PROMETHEUS_HOST";
    assert_eq!(findings(&build(&[cluster]), setting).len(), 1);
    assert!(findings(&build(&[cluster, (setting, "0.0.0.0")]), setting).is_empty());
}
