//! An invalid setting is an error that names it.

use gusset_metrics::{Label, LabelValue};

use crate::support::*;

struct ReservedKey;

impl LabelValue for ReservedKey {
    const KEY: &'static str = "http.route";
    const VALUES: &'static [&'static str] = &["a"];

    fn index(&self) -> usize {
        0
    }
}

fn label(key: &str, values: usize) -> Label {
    Label::from_request(key, (0..values).map(|value| value.to_string()), |_| None)
}

#[test]
fn error_names_the_invalid_setting() {
    let builder = || TestRecorder::new().server();
    let six = (0..6).fold(builder(), |builder, at| {
        builder.label(label(&format!("l{at}"), 1))
    });
    let cases = [
        (builder().cardinality_limit(0).build(), "cardinality_limit"),
        (
            builder().cardinality_limit(60_001).build(),
            "cardinality_limit",
        ),
        (
            builder()
                .label(Label::from_extension::<ReservedKey>())
                .build(),
            "labels.http.route",
        ),
        (builder().label(label("", 1)).build(), "labels"),
        (builder().label(label("a", 0)).build(), "labels.a"),
        (builder().label(label("a", 254)).build(), "labels.a"),
        (
            builder().label(label("a", 1)).label(label("a", 2)).build(),
            "labels.a",
        ),
        (six.build(), "labels"),
        (
            builder().build_with(|_| Some("GET,B A D".into())),
            "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS",
        ),
    ];
    for (built, setting) in cases {
        let error = built.expect_err(setting);
        assert_eq!(error.setting(), setting);
        assert!(error.to_string().contains(setting), "{error}");
    }
    assert!(
        builder()
            .cardinality_limit(60_000)
            .label(label("a", 253))
            .build()
            .is_ok()
    );
}
