//! Another version of OpenTelemetry than gusset's lives beside it.

#[path = "../other_opentelemetry.rs"]
mod other_opentelemetry;

#[test]
fn a_service_with_another_version_of_opentelemetry_compiles_and_sees_the_same_trace() {
    other_opentelemetry::main().expect("both saw the same trace");
}
