//! `OTEL_RESOURCE_ATTRIBUTES`: all of a valid list, or nothing of it.
#![no_main]

use gusset_core::Env;
use gusset_data::Resource;
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

fuzz_target!(|list: String| {
    let resource = parse(&list);
    let attributes: Vec<(&str, &str)> = resource.attributes().collect();
    assert!(attributes.iter().all(|(key, _)| !key.is_empty()));
    for key in [
        "service.name",
        "telemetry.distro.name",
        "telemetry.distro.version",
    ] {
        assert!(attributes.iter().any(|(known, _)| *known == key), "{key}");
    }

    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let encoded: Vec<String> = attributes
        .iter()
        .map(|(key, value)| format!("{}={}", encode(key), encode(value)))
        .collect();
    assert_eq!(parse(&encoded.join(",")), resource);

    // An invalid entry discards the list.
    let invalid = parse(&format!("{list},entry without an equals sign"));
    assert_eq!(invalid, parse(""));
});

fn parse(list: &str) -> Resource {
    let lookup = |name: &str| (name == "OTEL_RESOURCE_ATTRIBUTES").then(|| list.to_owned());
    Resource::from_env_in(Env::from_fn(&lookup))
}
