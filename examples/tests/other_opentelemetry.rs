//! A service can use another version of OpenTelemetry than gusset does.

#[path = "../other_opentelemetry.rs"]
mod other_opentelemetry;

#[test]
fn another_opentelemetry_version_sees_the_same_trace() {
    other_opentelemetry::main().expect("the example succeeds");
}
