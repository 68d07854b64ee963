//! B3, Jaeger, AWS X-Ray, and `OTEL_PROPAGATORS`.

use gusset_core::Env;
use gusset_propagation::{PropagationContext, Propagator, Propagators, SpanContext, TraceFlags};
use http::HeaderMap;

use crate::support::{Fields, headers};

const TRACE: &str = "80f198ee56343ba864fe8b2a57d3eff7";
const SPAN: &str = "e457b5a2e4d86bd1";

fn extract(format: &str, fields: Fields<'_>) -> Option<SpanContext> {
    let propagators = Propagators::parse(format).unwrap();
    propagators.extract(&headers(fields)).span_context
}

fn inject(format: &str, context: &SpanContext) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let context = PropagationContext::from(context.clone());
    Propagators::parse(format)
        .unwrap()
        .inject(&context, &mut headers);
    headers
}

/// Checks the ids and the sampled flag that a format reads.
#[track_caller]
fn reads(format: &str, fields: Fields<'_>, sampled: bool) -> SpanContext {
    let context = extract(format, fields).unwrap_or_else(|| panic!("{fields:?}"));
    assert_eq!(context.trace_id().to_string(), TRACE, "{fields:?}");
    assert_eq!(context.span_id().to_string(), SPAN, "{fields:?}");
    assert_eq!(context.flags().is_sampled(), sampled, "{fields:?}");
    assert!(!context.flags().is_random());
    context
}

#[test]
fn b3_single_header_is_read_with_each_decision() {
    for (rest, sampled) in [("", true), ("-1", true), ("-0", false), ("-d", true)] {
        reads("b3", &[("b3", &format!("{TRACE}-{SPAN}{rest}"))], sampled);
        reads(
            "b3multi",
            &[("b3", &format!("{TRACE}-{SPAN}{rest}"))],
            sampled,
        );
    }
    reads(
        "b3",
        &[("b3", &format!("{TRACE}-{SPAN}-1-05e3ac9a4f6e3b90"))],
        true,
    );
}

#[test]
fn b3_multiple_headers_are_read_with_each_decision() {
    let ids = [("X-B3-TraceId", TRACE), ("X-B3-SpanId", SPAN)];
    reads("b3multi", &ids, true);
    for (value, sampled) in [("1", true), ("true", true), ("0", false), ("false", false)] {
        reads("b3", &[ids[0], ids[1], ("X-B3-Sampled", value)], sampled);
    }
    reads("b3", &[ids[0], ids[1], ("X-B3-Flags", "1")], true);
    reads(
        "b3",
        &[ids[0], ids[1], ("X-B3-Flags", "0"), ("X-B3-Sampled", "0")],
        false,
    );
}

#[test]
fn b3_trace_id_of_64_bits_is_padded() {
    let context = extract("b3", &[("b3", "64fe8b2a57d3eff7-e457b5a2e4d86bd1-1")]).unwrap();
    assert_eq!(
        context.trace_id().to_string(),
        format!("{}64fe8b2a57d3eff7", "0".repeat(16))
    );
}

#[test]
fn b3_decision_without_ids_is_read() {
    let requested = |fields: Fields<'_>| {
        let propagators = Propagators::parse("b3").unwrap();
        let context = propagators.extract(&headers(fields));
        assert_eq!(context.span_context, None);
        context.sampling_request
    };
    assert_eq!(requested(&[("b3", "0")]), Some(false));
    assert_eq!(requested(&[("b3", "1")]), Some(true));
    assert_eq!(requested(&[("b3", "d")]), Some(true));
    assert_eq!(requested(&[("x-b3-sampled", "0")]), Some(false));
    assert_eq!(requested(&[("x-b3-flags", "1")]), Some(true));
    assert_eq!(requested(&[("b3", "2")]), None);
    assert_eq!(
        requested(&[("x-b3-sampled", "0"), ("x-b3-traceid", TRACE)]),
        None
    );
}

#[test]
fn invalid_b3_is_ignored() {
    let zero = "0".repeat(32);
    for value in [
        "0",
        "1",
        "",
        TRACE,
        &format!("{TRACE}-{SPAN}-2"),
        &format!("{TRACE}-{SPAN}-1-short"),
        &format!("{TRACE}-{SPAN}-1-{SPAN}-more"),
        &format!("{zero}-{SPAN}-1"),
        &format!("{TRACE}-{}-1", "0".repeat(16)),
        &format!("{}-{SPAN}-1", &TRACE[1..]),
        &format!("{}-{SPAN}-1", TRACE.to_uppercase()),
    ] {
        assert_eq!(extract("b3", &[("b3", value)]), None, "{value}");
    }
    assert_eq!(extract("b3", &[("x-b3-traceid", TRACE)]), None);
}

#[test]
fn b3_debug_flag_is_propagated() {
    let context = reads("b3", &[("b3", &format!("{TRACE}-{SPAN}-d"))], true);
    assert_eq!(inject("b3", &context)["b3"], format!("{TRACE}-{SPAN}-d"));
    let sent = inject("b3multi", &context);
    assert_eq!(sent["x-b3-flags"], "1");
    assert!(!sent.contains_key("x-b3-sampled"));
    assert_eq!(
        inject("tracecontext", &context)["traceparent"],
        format!("00-{TRACE}-{SPAN}-01")
    );
}

#[test]
fn b3_multi_replaces_a_copied_single_header() {
    let copied = headers(&[("b3", &format!("{TRACE}-{SPAN}-1"))]);
    for list in ["b3multi", "b3,b3multi"] {
        let propagators = Propagators::parse(list).unwrap();
        let child = propagators.extract(&copied).span_context.unwrap().child();
        let mut sent = copied.clone();
        propagators.inject(&child.clone().into(), &mut sent);
        assert_eq!(propagators.extract(&sent).span_context, Some(child));
    }
    let context = reads("b3", &[("b3", &format!("{TRACE}-{SPAN}-1"))], true);
    assert!(!inject("b3multi", &context).contains_key("b3"));
}

#[test]
fn jaeger_is_read_with_short_or_encoded_fields() {
    reads(
        "jaeger",
        &[("uber-trace-id", &format!("{TRACE}:{SPAN}:0:1"))],
        true,
    );
    reads(
        "jaeger",
        &[("uber-trace-id", &format!("{TRACE}:{SPAN}:{SPAN}:0"))],
        false,
    );
    reads(
        "jaeger",
        &[("uber-trace-id", &format!("{TRACE}%3A{SPAN}%3a0%3A3"))],
        true,
    );
    let short = extract("jaeger", &[("uber-trace-id", "a:B:0:01")]).unwrap();
    assert_eq!(short.trace_id().to_string(), format!("{:032x}", 10));
    assert_eq!(short.span_id().to_string(), format!("{:016x}", 11));
    for invalid in [
        "",
        "0:1:0:1",
        "1:0:0:1",
        "1:1:0",
        "1:1:0:1:1",
        "1:11111111111111111:0:1",
        "1:1:0:x",
    ] {
        assert_eq!(
            extract("jaeger", &[("uber-trace-id", invalid)]),
            None,
            "{invalid}"
        );
    }
}

#[test]
fn xray_fields_are_read_in_any_order() {
    let root = "Root=1-80f198ee-56343ba864fe8b2a57d3eff7";
    let parent = format!("Parent={SPAN}");
    reads(
        "xray",
        &[("X-Amzn-Trace-Id", &format!("{root};{parent};Sampled=1"))],
        true,
    );
    reads(
        "xray",
        &[(
            "X-Amzn-Trace-Id",
            &format!("Sampled=0; {parent};Lineage=a;{root}"),
        )],
        false,
    );
    reads(
        "xray",
        &[("X-Amzn-Trace-Id", &format!("{root};{parent};Sampled=?"))],
        true,
    );
    for invalid in [
        "",
        root,
        &parent,
        "Root=1-80f198ee-56343ba8;Parent=e457b5a2e4d86bd1",
    ] {
        assert_eq!(
            extract("xray", &[("x-amzn-trace-id", invalid)]),
            None,
            "{invalid}"
        );
    }
}

#[test]
fn each_format_is_written() {
    let context = reads("b3", &[("b3", &format!("{TRACE}-{SPAN}-1"))], true);
    let unsampled = context.clone().with_flags(TraceFlags::new());
    assert_eq!(inject("b3", &unsampled)["b3"], format!("{TRACE}-{SPAN}-0"));
    let multi = inject("b3multi", &context);
    assert_eq!(multi["x-b3-traceid"], TRACE);
    assert_eq!(multi["x-b3-spanid"], SPAN);
    assert_eq!(multi["x-b3-sampled"], "1");
    assert_eq!(
        inject("jaeger", &context)["uber-trace-id"],
        format!("{TRACE}:{SPAN}:0:1")
    );
    assert_eq!(
        inject("xray", &context)["x-amzn-trace-id"],
        format!("Root=1-80f198ee-56343ba864fe8b2a57d3eff7;Parent={SPAN};Sampled=1")
    );
}

#[test]
fn repeated_header_is_ignored() {
    let value = format!("{TRACE}-{SPAN}-1");
    assert_eq!(extract("b3", &[("b3", &value), ("b3", &value)]), None);
}

#[test]
fn last_format_with_a_trace_wins() {
    let fields = [
        ("b3", "64fe8b2a57d3eff7-e457b5a2e4d86bd1-1"),
        ("uber-trace-id", "a:b:0:1"),
    ];
    let trace = |list| extract(list, &fields).unwrap().trace_id().to_string();
    assert_eq!(trace("b3,jaeger"), format!("{:032x}", 10));
    assert!(trace("jaeger,b3").ends_with("64fe8b2a57d3eff7"));
    assert!(trace("b3,tracecontext").ends_with("64fe8b2a57d3eff7"));
}

#[test]
fn environment_variable_selects_formats() {
    let of = |value: Option<&str>| {
        let value = value.map(str::to_owned);
        Propagators::from_env(Env::from_fn(&|name| {
            assert_eq!(name, "OTEL_PROPAGATORS");
            value.clone()
        }))
    };
    let sent = |value| {
        let mut headers = HeaderMap::new();
        let context = SpanContext::root().into();
        of(value).unwrap().inject(&context, &mut headers);
        let mut names: Vec<String> = headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };
    assert_eq!(sent(None), ["traceparent"]);
    assert_eq!(sent(Some("")), ["traceparent"]);
    assert_eq!(sent(Some(" B3 , xray,b3")), ["b3", "x-amzn-trace-id"]);
    assert!(sent(Some("none")).is_empty());
    // Unknown names are ignored, as OpenTelemetry specifies.
    assert_eq!(sent(Some("ottrace")), ["traceparent"]);
    assert_eq!(sent(Some("b3;xray")), ["traceparent"]);
    assert_eq!(sent(Some("ottrace, b3")), ["b3"]);
    let error = of(Some("tracecontext,none")).unwrap_err();
    assert!(error.to_string().contains("OTEL_PROPAGATORS"), "{error}");
}

#[test]
fn jaeger_baggage_is_one_header_per_member() {
    let jaeger = Propagators::parse("jaeger").unwrap();
    let received = headers(&[
        (
            "uber-trace-id",
            &format!("{}:{}:0:1", "a".repeat(32), "b".repeat(16)),
        ),
        ("uberctx-tenant", "a%20b"),
        ("uberctx-", "nothing"),
        ("other-ctx", "1"),
    ]);
    let context = jaeger.extract(&received);
    assert_eq!(context.baggage.as_str(), "tenant=a%20b");
    let mut sent = headers(&[("uberctx-stale", "1")]);
    jaeger.inject(&context, &mut sent);
    assert_eq!(sent["uberctx-tenant"], "a%20b");
    assert!(!sent.contains_key("uberctx-stale"));
    // Several members with one key are all sent, and only once.
    let context = jaeger.extract(&headers(&[("uberctx-a", "1"), ("uberctx-a", "2")]));
    for _ in 0..2 {
        jaeger.inject(&context, &mut sent);
        assert_eq!(jaeger.extract(&sent).baggage, context.baggage);
    }
    // The limits of baggage apply to Jaeger as well.
    let many: Vec<_> = (0..100)
        .map(|at| (format!("uberctx-k{at}"), "v".repeat(200)))
        .collect();
    let many: Vec<_> = many
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    let baggage = jaeger.extract(&headers(&many)).baggage;
    assert!(baggage.as_str().len() <= 8192 && baggage.iter().count() <= 64);
}
