//! Statuses that are errors, for all signals at once, by code and by variable.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gusset::ErrorStatuses;
use gusset::log::{Format, LogLayer};
use gusset_data::{SpanData, SpanSink, SpanStatus};
use gusset_testkit::SharedOutput;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty};
use serde_json::Value;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

type Body = Empty<&'static [u8]>;

const SERVER: &str = "GUSSET_HTTP_SERVER_ERROR_STATUSES";
const CLIENT: &str = "GUSSET_HTTP_CLIENT_ERROR_STATUSES";

/// What the signals state about calls.
#[derive(Default)]
struct Signals {
    entries: Vec<Value>,
    spans: Vec<SpanData>,
    metrics: String,
}

#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

/// Runs some work, and returns what is logged.
async fn logged(work: impl Future<Output = ()>) -> Vec<Value> {
    let output = SharedOutput::default();
    let log = LogLayer::builder().format(Format::Json);
    let log = log.writer(output.clone()).build_with(|_| None).unwrap();
    let subscriber = tracing_subscriber::registry().with(log.layer);
    let guard = gusset_testkit::set_subscriber(subscriber);
    work.await;
    drop(guard);
    assert!(log.flush_guard.flush(Duration::from_secs(30)));
    let lines = output.lines().into_iter();
    lines
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect()
}

/// Makes a call for each status, and returns what the signals state.
macro_rules! call {
    ($builder:expr, $env:expr, $statuses:expr) => {{
        let mut signals = Signals::default();
        let spans = Spans::default();
        let sink = spans.clone();
        let builder = $builder.log(|log| log).trace(|trace| trace.sink(sink));
        signals.entries = logged(async {
            let gusset = builder.build_with($env).unwrap();
            for status in $statuses {
                let respond = move |_: Request<Body>| async move {
                    let mut response = Response::new(Body::new());
                    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
                    Ok::<_, Infallible>(response)
                };
                let service = gusset.layer().layer(service_fn(respond));
                let request = Request::get("http://a.example/").body(Body::new()).unwrap();
                let Ok(response) = service.oneshot(request).await;
                response.into_body().collect().await.unwrap();
            }
            signals.metrics = gusset.prometheus().endpoint().render();
        })
        .await;
        signals.spans = std::mem::take(&mut *spans.0.lock().unwrap());
        signals
    }};
}

/// Asserts that 429 and 500 are errors and 404 and 503 are not, for all signals.
#[track_caller]
fn assert_listed_are_errors(signals: &Signals) {
    for (at, (status, is_error)) in [(404, false), (429, true), (500, true), (503, false)]
        .into_iter()
        .enumerate()
    {
        let (entry, span) = (&signals.entries[at], &signals.spans[at]);
        assert_eq!(entry["http.response.status_code"], status);
        assert_eq!(entry["level"] == "ERROR", is_error, "{entry}");
        assert_eq!(entry["gusset.outcome"] == "server_error", is_error);
        assert_eq!(entry.get("error.type").is_some(), is_error, "{entry}");
        let has_status = matches!(span.status, SpanStatus::Error(_));
        assert_eq!(has_status, is_error, "{status}");
        let series = format!("error_type=\"{status}\"");
        assert_eq!(signals.metrics.contains(&series), is_error, "{status}");
    }
}

const STATUSES: [u16; 4] = [404, 429, 500, 503];

#[tokio::test]
async fn statuses_of_code_are_errors_in_all_signals() {
    let statuses = ErrorStatuses::parse("500-502,429").unwrap();
    // The code overrides the variable.
    let env = |_: &str| Some("200-599".to_owned());
    let env = |name: &str| env(name).filter(|_| name == SERVER || name == CLIENT);
    let server = gusset::http().error_statuses(statuses);
    assert_listed_are_errors(&call!(server, env, STATUSES));
    let client = gusset::http_client().error_statuses(statuses);
    assert_listed_are_errors(&call!(client, env, STATUSES));
}

#[tokio::test]
async fn statuses_of_variables_are_errors_in_all_signals() {
    let list = "500-502, 429";
    let server = |name: &str| (name == SERVER).then(|| list.to_owned());
    assert_listed_are_errors(&call!(gusset::http(), server, STATUSES));
    let client = |name: &str| (name == CLIENT).then(|| list.to_owned());
    assert_listed_are_errors(&call!(gusset::http_client(), client, STATUSES));
    // Each side has its own variable.
    let signals = call!(gusset::http(), client, [429]);
    assert_eq!(signals.entries[0]["gusset.outcome"], "client_error");
}

#[tokio::test]
async fn unreadable_part_of_a_variable_is_ignored_with_a_warning() {
    let env = |name: &str| (name == SERVER).then(|| "5xx,429".to_owned());
    let signals = call!(gusset::http(), env, [429]);
    let [warning, entry] = &*signals.entries else {
        panic!("a warning and an entry: {:?}", signals.entries);
    };
    let text = warning["message"].as_str().unwrap();
    assert_eq!(warning["level"], "WARN");
    assert!(text.contains(SERVER) && text.contains("`5xx`"), "{text}");
    assert_eq!(entry["error.type"], "429");
    // Nothing of it can be read: the default applies.
    let env = |name: &str| (name == SERVER).then(|| "none".to_owned());
    let signals = call!(gusset::http(), env, [429, 500]);
    assert_eq!(signals.entries[1]["gusset.outcome"], "client_error");
    assert_eq!(signals.entries[2]["error.type"], "500");
}

#[test]
fn unreadable_list_of_code_is_an_error() {
    let error = ErrorStatuses::parse("5xx,429").unwrap_err();
    let expected = "`error_statuses`: `5xx` is not a status or a range of statuses";
    assert_eq!(error.to_string(), expected);
}
