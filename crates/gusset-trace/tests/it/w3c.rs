//! The 41 cases of the W3C test suite for Trace Context, levels 1 and 2 in strict mode, by their names.

use crate::service::{PARENT, TRACE, VALID, call, calls, continued, restarted};

/// Asserts that a request with each of these `traceparent` values starts a new trace.
#[track_caller]
fn assert_restarted(traceparents: &[&str]) {
    for value in traceparents {
        restarted(&[("traceparent", value)]);
    }
}

/// Asserts that the trace continues with these `tracestate` values and sends this state.
#[track_caller]
fn assert_state(lines: &[&str], state: &str) {
    assert_eq!(state_of(lines).as_deref(), Some(state), "{lines:?}");
}

/// Asserts that the trace continues without state, for each of these `tracestate` values.
#[track_caller]
fn assert_discarded(lines: &[&str]) {
    for line in lines {
        assert_eq!(state_of(&[line]), None, "{line}");
    }
}

#[track_caller]
fn state_of(lines: &[&str]) -> Option<String> {
    let mut all = vec![("traceparent", VALID)];
    all.extend(lines.iter().map(|line| ("tracestate", *line)));
    continued(&all).state()
}

#[test]
fn both_traceparent_and_tracestate_missing() {
    restarted(&[]);
}

#[test]
fn traceparent_included_tracestate_missing() {
    assert_eq!(continued(&[("traceparent", VALID)]).state(), None);
}

#[test]
fn traceparent_duplicated() {
    let other = "00-12345678901234567890123456789011-1234567890123456-01";
    restarted(&[("traceparent", other), ("traceparent", VALID)]);
    restarted(&[("traceparent", VALID), ("traceparent", VALID)]);
}

#[test]
fn traceparent_header_name() {
    restarted(&[("trace-parent", VALID)]);
    restarted(&[("trace.parent", VALID)]);
}

#[test]
fn traceparent_header_name_valid_casing() {
    for name in ["TraceParent", "TrAcEpArEnT", "TRACEPARENT"] {
        continued(&[(name, VALID)]);
    }
}

#[test]
fn traceparent_version_0x00() {
    assert_restarted(&[
        "00-12345678901234567890123456789012-1234567890123456-01.",
        "00-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
        "00-12345678901234567890123456789012-1234567890123456-01-",
    ]);
}

#[test]
fn traceparent_version_0xcc() {
    for value in [
        "cc-12345678901234567890123456789012-1234567890123456-01",
        "cc-12345678901234567890123456789012-1234567890123456-01-what-the-future-will-be-like",
    ] {
        continued(&[("traceparent", value)]);
    }
    assert_restarted(&["cc-12345678901234567890123456789012-1234567890123456-01.what-the-future"]);
}

#[test]
fn traceparent_version_0xff() {
    assert_restarted(&["ff-12345678901234567890123456789012-1234567890123456-01"]);
}

#[test]
fn traceparent_version_illegal_characters() {
    assert_restarted(&[
        ".0-12345678901234567890123456789012-1234567890123456-01",
        "0.-12345678901234567890123456789012-1234567890123456-01",
        "+0-12345678901234567890123456789012-1234567890123456-01",
    ]);
}

#[test]
fn traceparent_version_too_long() {
    assert_restarted(&[
        "000-12345678901234567890123456789012-1234567890123456-01",
        "0000-12345678901234567890123456789012-1234567890123456-01",
    ]);
}

#[test]
fn traceparent_version_too_short() {
    assert_restarted(&["0-12345678901234567890123456789012-1234567890123456-01"]);
}

#[test]
fn traceparent_trace_id_all_zero() {
    assert_restarted(&["00-00000000000000000000000000000000-1234567890123456-01"]);
}

#[test]
fn traceparent_trace_id_illegal_characters() {
    assert_restarted(&[
        "00-.2345678901234567890123456789012-1234567890123456-01",
        "00-1234567890123456789012345678901.-1234567890123456-01",
        "00-ABCDEF78901234567890123456789012-1234567890123456-01",
    ]);
}

#[test]
fn traceparent_trace_id_too_long() {
    assert_restarted(&["00-123456789012345678901234567890123-1234567890123456-01"]);
}

#[test]
fn traceparent_trace_id_too_short() {
    assert_restarted(&["00-1234567890123456789012345678901-1234567890123456-01"]);
}

#[test]
fn traceparent_parent_id_all_zero() {
    assert_restarted(&["00-12345678901234567890123456789012-0000000000000000-01"]);
}

#[test]
fn traceparent_parent_id_illegal_characters() {
    assert_restarted(&[
        "00-12345678901234567890123456789012-.234567890123456-01",
        "00-12345678901234567890123456789012-123456789012345.-01",
        "00-12345678901234567890123456789012-123456789012345A-01",
    ]);
}

#[test]
fn traceparent_parent_id_too_long() {
    assert_restarted(&["00-12345678901234567890123456789012-12345678901234567-01"]);
}

#[test]
fn traceparent_parent_id_too_short() {
    assert_restarted(&["00-12345678901234567890123456789012-123456789012345-01"]);
}

#[test]
fn traceparent_trace_flags_illegal_characters() {
    assert_restarted(&[
        "00-12345678901234567890123456789012-1234567890123456-.0",
        "00-12345678901234567890123456789012-1234567890123456-0.",
    ]);
}

#[test]
fn traceparent_trace_flags_too_long() {
    assert_restarted(&["00-12345678901234567890123456789012-1234567890123456-001"]);
}

#[test]
fn traceparent_trace_flags_too_short() {
    assert_restarted(&["00-12345678901234567890123456789012-1234567890123456-1"]);
}

#[test]
fn traceparent_ows_handling() {
    for (before, after) in [(" ", ""), ("\t", ""), ("", " "), ("", "\t"), ("\t ", " \t")] {
        continued(&[("traceparent", &format!("{before}{VALID}{after}"))]);
    }
}

#[test]
fn tracestate_included_traceparent_missing() {
    restarted(&[("tracestate", "foo=1")]);
    restarted(&[("tracestate", "foo=1,bar=2")]);
}

#[test]
fn tracestate_included_traceparent_included() {
    assert_state(&["foo=1,bar=2"], "foo=1,bar=2");
}

#[test]
fn tracestate_header_name() {
    for name in ["trace-state", "trace.state"] {
        let sent = continued(&[("traceparent", VALID), (name, "foo=1")]);
        assert_eq!(sent.state(), None);
    }
}

#[test]
fn tracestate_header_name_valid_casing() {
    for name in ["TraceState", "TrAcEsTaTe", "TRACESTATE"] {
        let sent = continued(&[("traceparent", VALID), (name, "foo=1")]);
        assert_eq!(sent.state().as_deref(), Some("foo=1"));
    }
}

#[test]
fn tracestate_empty_header() {
    assert_discarded(&["", ","]);
    assert_state(&["foo=1", ""], "foo=1");
    assert_state(&["", "foo=1"], "foo=1");
    assert_state(&["foo=1,,bar=2,"], "foo=1,bar=2");
}

#[test]
fn tracestate_multiple_headers_different_keys() {
    assert_state(
        &["foo=1,bar=2", "rojo=1,congo=2", "baz=3"],
        "foo=1,bar=2,rojo=1,congo=2,baz=3",
    );
}

#[test]
fn tracestate_duplicated_keys() {
    assert_state(&["foo=1,foo=1"], "foo=1");
    assert_state(&["foo=1,foo=2"], "foo=1");
    assert_state(&["foo=1", "foo=1"], "foo=1");
    assert_state(&["foo=1", "foo=2"], "foo=1");
}

#[test]
fn tracestate_all_allowed_characters() {
    let tenant = "0123456789abcdefghijklmnopqrstuvwxyz_-*/";
    let vendor = "a-0123456789_*/bcdefghijklmnopqrstuvwxyz";
    let chars = (0x20..=0x7e_u8).map(char::from);
    let value: String = chars.filter(|c| !",=".contains(*c)).collect();
    let value = value.trim_end();
    for key in [tenant.to_owned(), format!("{tenant}@{vendor}")] {
        let member = format!("{key}={value}");
        assert_state(&[&member], &member);
    }
}

#[test]
fn tracestate_ows_handling() {
    assert_state(&["foo=1 \t , \t bar=2, \t baz=3"], "foo=1,bar=2,baz=3");
    assert_state(&["foo=1\t \t,\t \tbar=2,\t \tbaz=3"], "foo=1,bar=2,baz=3");
    for line in [" foo=1", "\tfoo=1", "foo=1 ", "foo=1\t", "\t foo=1 \t"] {
        assert_state(&[line], "foo=1");
    }
}

#[test]
fn tracestate_key_illegal_characters() {
    assert_discarded(&["foo =1", "FOO=1", "foo.bar=1", "foo=1,bar =2"]);
}

#[test]
fn tracestate_key_illegal_vendor_format() {
    for line in ["foo@=1,bar=2", "foo@@bar=1,bar=2", "foo@bar@baz=1,bar=2"] {
        assert_state(&[line], line);
    }
    assert_discarded(&["@foo=1,bar=2"]);
}

#[test]
fn tracestate_member_count_limit() {
    let members = |from, to| {
        let members = (from..=to).map(|at| format!("bar{at:02}={at:02}"));
        members.collect::<Vec<_>>().join(",")
    };
    let lines = [
        members(1, 10),
        members(11, 20),
        members(21, 30),
        members(31, 32),
    ];
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    assert_state(&lines, &members(1, 32));
    let mut more = lines.clone();
    more.push("bar33=33");
    assert_eq!(state_of(&more), None);
    assert_discarded(&[&members(1, 33)]);
}

#[test]
fn tracestate_key_length_limit() {
    let of = |tenant: usize, vendor: usize| match vendor {
        0 => format!("{}=1", "z".repeat(tenant)),
        _ => format!("{}@{}=1", "t".repeat(tenant), "v".repeat(vendor)),
    };
    for (tenant, vendor) in [(256, 0), (241, 14), (242, 1), (1, 15)] {
        let member = of(tenant, vendor);
        assert_state(&[&member], &member);
    }
    assert_discarded(&[&of(257, 0)]);
}

#[test]
fn tracestate_value_illegal_characters() {
    assert_discarded(&["foo=bar=baz", "foo=,bar=3", "foo", "foo=a\tb"]);
    assert_discarded(&[&format!("foo={}", "v".repeat(257))]);
}

#[test]
fn multiple_requests_with_valid_traceparent() {
    let sent = calls(&[("traceparent", VALID)], 3);
    assert!(sent.iter().all(|sent| sent.trace() == TRACE));
    distinct(sent.iter().map(|sent| sent.span()));
    assert!(sent.iter().all(|sent| sent.span() != PARENT));
}

#[test]
fn multiple_requests_without_traceparent() {
    distinct(calls(&[], 3).iter().map(|sent| sent.span()));
}

#[test]
fn multiple_requests_with_illegal_traceparent() {
    let zero = "00-00000000000000000000000000000000-1234567890123456-01";
    distinct(
        calls(&[("traceparent", zero)], 3)
            .iter()
            .map(|sent| sent.span()),
    );
}

#[test]
fn propagates_random_flag() {
    let sent = continued(&[("traceparent", &format!("{}02", &VALID[..53]))]);
    assert_eq!(sent.flags() & 2, 2);
}

#[track_caller]
fn distinct(spans: impl Iterator<Item = String>) {
    let mut spans: Vec<String> = spans.collect();
    let count = spans.len();
    spans.sort();
    spans.dedup();
    assert_eq!(spans.len(), count);
}

#[test]
fn request_without_headers_starts_a_trace() {
    assert_ne!(call(&[]).trace(), call(&[]).trace());
}
