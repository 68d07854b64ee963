//! Environment variables and invalid settings.

use gusset_core::Env;
use gusset_log::{Format, LogLayer};
use tracing_subscriber::Registry;

fn filter(variables: &[(&str, &str)]) -> String {
    let env = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    let builder = LogLayer::builder().writer(std::io::sink());
    let log = builder.build_with::<Registry>(env).unwrap();
    log.filter_handle.filter()
}

#[test]
fn environment_overrides_default_level() {
    assert_eq!(filter(&[]), "info");
    assert_eq!(filter(&[("RUST_LOG", "")]), "info");
    let filtered = filter(&[("RUST_LOG", "debug,hyper=off")]);
    assert_eq!(filtered, "hyper=off,debug");
}

#[test]
fn level_of_the_sdk_is_not_that_of_the_service() {
    for level in ["WARN", "none", "debug", "loud"] {
        assert_eq!(filter(&[("OTEL_LOG_LEVEL", level)]), "info");
    }
}

#[test]
fn error_names_invalid_setting() {
    let field = |builder: gusset_log::LogLayerBuilder| {
        let built = builder
            .writer(std::io::sink())
            .build_with::<Registry>(|_| None);
        built.map(|_| ()).unwrap_err().setting().to_owned()
    };
    let builder = LogLayer::builder;
    assert_eq!(field(builder().max_line_bytes(100)), "max_line_bytes");
    assert_eq!(field(builder().max_value_bytes(1)), "max_value_bytes");
    assert_eq!(field(builder().max_queue_bytes(1)), "max_queue_bytes");
    assert_eq!(
        field(builder().format(Format::google_cloud("a\"b"))),
        "format"
    );
    assert_eq!(builder().filter("a=b=c").unwrap_err().setting(), "filter");
}

#[test]
fn terminal_has_colours_by_default() {
    let detect = |name: &str, value: &str, is_terminal| {
        let variable = |requested: &str| (requested == name).then(|| value.to_owned());
        Format::detect(Env::from_fn(&variable), is_terminal)
    };
    assert_eq!(detect("", "", true), Format::pretty(true));
    assert_eq!(detect("NO_COLOR", "1", true), Format::pretty(false));
    assert_eq!(detect("NO_COLOR", "", true), Format::pretty(true));
    assert_eq!(detect("TERM", "dumb", true), Format::pretty(false));
    assert_eq!(detect("", "", false), Format::Json);
}
