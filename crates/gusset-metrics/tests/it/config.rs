//! Configuration that cannot be used does not build, and the error names the field.

use gusset_metrics::{Label, LabelValue};

use crate::support::*;

struct Bad;

impl LabelValue for Bad {
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
fn each_field_that_cannot_be_used_is_named() {
    let builder = || Book::new().server();
    let six = (0..6).fold(builder(), |builder, at| {
        builder.label(label(&format!("l{at}"), 1))
    });
    let cases = [
        (builder().series_limit(0).build(), "series_limit"),
        (builder().series_limit(60_001).build(), "series_limit"),
        (
            builder().label(Label::of::<Bad>()).build(),
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
    for (built, field) in cases {
        let error = built.expect_err(field);
        assert_eq!(error.field(), field);
        assert!(error.to_string().contains(field), "{error}");
    }
    assert!(
        builder()
            .series_limit(60_000)
            .label(label("a", 253))
            .build()
            .is_ok()
    );
}
