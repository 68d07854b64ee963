//! Spans inside of a call that is excluded from all signals.

use gusset_core::{ExcludedCall, FilteredObserver};
use gusset_data::SpanKind;
use gusset_http::{HttpClientClassifier, HttpServerClassifier, RequestHead};
use gusset_trace::{TraceObserver, with_current_context};
use tracing::{Instrument as _, info_span};

use crate::exported::*;
use crate::subscriber::{exported, named};
use crate::support::*;

/// Makes a call to a server that excludes probes.
fn call(path: &str, work: impl FnMut()) {
    let is_observed = |req: RequestHead<'_>| req.uri.path() != "/livez";
    let observer = FilteredObserver::new(built(TraceObserver::server()), is_observed);
    during::<HttpServerClassifier, _>(observer, get(path), work);
}

/// Creates spans as libraries and handlers do.
fn work() {
    info_span!("outer").in_scope(|| info_span!("inner").in_scope(|| {}));
    info_span!(parent: None, "root").in_scope(|| {});
    let trace = built(TraceObserver::client());
    during::<HttpClientClassifier, _>(trace, get("http://a.example/"), || {
        info_span!("in the client").in_scope(|| {});
    });
}

#[test]
fn excluded_call_has_no_root_spans() {
    assert_eq!(exported(|| call("/livez", work)).len(), 0);
    // Other calls, and what follows an excluded one, are recorded.
    let spans = exported(|| {
        call("/livez", work);
        call("/items", work);
        info_span!("after").in_scope(|| {});
    });
    let call = spans.iter().find(|span| span.kind == SpanKind::Server);
    let call = call.unwrap();
    assert_eq!(named(&spans, "outer").parent_span_id, Some(call.span_id));
    for name in ["inner", "in the client", "root", "after"] {
        named(&spans, name);
    }
}

#[test]
fn tasks_of_an_excluded_call_have_no_root_spans() {
    let spans = exported(|| {
        let mut task = None;
        let mut instrumented = None;
        call("/livez", || {
            let later = async { info_span!("later").in_scope(|| {}) };
            task = Some(with_current_context(later));
            let later = async { info_span!("instrumented").in_scope(|| {}) };
            instrumented = Some(later.instrument(info_span!("task")));
        });
        now(task.take().unwrap());
        now(instrumented.take().unwrap());
    });
    assert_eq!(spans.len(), 0, "{spans:?}");
}

#[test]
fn client_of_an_excluded_call_forwards_an_unsampled_context() {
    let mut flags = None;
    call("/livez", || {
        let trace = built(TraceObserver::client());
        during::<HttpClientClassifier, _>(trace, get("http://a.example/"), || {
            flags = gusset_core::SpanIds::current().map(gusset_core::SpanIds::is_sampled);
        });
    });
    assert_eq!(flags, Some(false));
}

#[test]
fn panic_of_an_excluded_call_ends_its_mark() {
    let unwound = std::panic::catch_unwind(|| {
        call("/livez", || {
            assert!(ExcludedCall::current().is_some());
            panic!("on purpose");
        });
    });
    assert!(unwound.is_err() && ExcludedCall::current().is_none());
}
