//! A subscriber that records spans, and calls that are polled manually.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::task::{Context, Poll, Waker};

use gusset_core::{ObserveLayer, Observer};
use gusset_http::{Http, HttpClassifier};
use gusset_testkit::ScriptedBody;
use gusset_trace::{TraceObserver, TraceObserverBuilder};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Dispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context as Scope, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A recorded span.
#[derive(Clone, Debug, Default)]
pub(crate) struct RecordedSpan {
    pub(crate) name: &'static str,
    /// The fields at the start.
    pub(crate) start: HashMap<String, String>,
    /// The current fields.
    pub(crate) fields: HashMap<String, String>,
    pub(crate) closed: bool,
}

/// Records all spans, and the fields of all events as text.
#[derive(Clone, Default)]
pub(crate) struct SpanRecorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    spans: Vec<(u64, RecordedSpan)>,
    events: Vec<String>,
}

struct Fields<'a>(&'a mut HashMap<String, String>);

impl SpanRecorder {
    /// Runs `work` with this subscriber. Returns the recorded spans.
    pub(crate) fn during(work: impl FnOnce(&Self)) -> Vec<RecordedSpan> {
        let this = Self::default();
        let subscriber = tracing_subscriber::registry().with(this.clone());
        gusset_testkit::with_subscriber(subscriber, || work(&this));
        this.spans()
    }

    pub(crate) fn spans(&self) -> Vec<RecordedSpan> {
        let recorded = self.0.lock().unwrap();
        recorded
            .spans
            .iter()
            .map(|(_, span)| span.clone())
            .collect()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.0.lock().unwrap().events.clone()
    }

    fn edit(&self, id: &Id, edit: impl FnOnce(&mut RecordedSpan)) {
        let mut recorded = self.0.lock().unwrap();
        // Ids are reused; the last one is the open span.
        let mut spans = recorded.spans.iter_mut().rev();
        if let Some((_, span)) = spans.find(|(at, _)| *at == id.into_u64()) {
            edit(span);
        }
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S>
    for SpanRecorder
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Scope<'_, S>) {
        let mut span = RecordedSpan {
            name: attributes.metadata().name(),
            ..RecordedSpan::default()
        };
        attributes.record(&mut Fields(&mut span.start));
        span.fields = span.start.clone();
        self.0.lock().unwrap().spans.push((id.into_u64(), span));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _: Scope<'_, S>) {
        self.edit(id, |span| record.record(&mut Fields(&mut span.fields)));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Scope<'_, S>) {
        let mut fields = HashMap::new();
        event.record(&mut Fields(&mut fields));
        self.0.lock().unwrap().events.push(format!("{fields:?}"));
    }

    fn on_close(&self, id: Id, _: Scope<'_, S>) {
        self.edit(&id, |span| {
            assert!(!span.closed, "a span is closed once");
            span.closed = true;
        });
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl RecordedSpan {
    #[track_caller]
    pub(crate) fn has(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            assert_eq!(
                self.fields.get(*name).map(String::as_str),
                Some(*value),
                "{name}"
            );
        }
    }

    #[track_caller]
    pub(crate) fn lacks(&self, names: &[&str]) {
        for name in names {
            assert_eq!(self.fields.get(*name), None, "{name}");
        }
    }
}

/// A service that responds with the result of a function.
#[derive(Clone)]
pub(crate) struct Respond<F>(pub(crate) F);

impl<F, B, D> Service<Request<B>> for Respond<F>
where
    F: FnMut(Request<B>) -> Response<D>,
{
    type Response = Response<D>;
    type Error = Infallible;
    type Future = Ready<Result<Response<D>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<B>) -> Self::Future {
        ready(Ok((self.0)(req)))
    }
}

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}

/// Polls a body to its end.
pub(crate) fn drain(body: impl Body) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(_))) | Poll::Pending = body.as_mut().poll_frame(&mut cx) {}
}

/// Two global subscribers. With only one, `tracing` caches the interest of the first thread for all
/// threads, and the tests would influence each other.
static SUBSCRIBERS: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));

/// Builds an observer with an empty environment.
pub(crate) fn built(builder: TraceObserverBuilder) -> TraceObserver {
    LazyLock::force(&SUBSCRIBERS);
    builder.build_with(|_| None).unwrap()
}

/// Makes one call of a service, and reads the response body to the end.
pub(crate) fn exchange<R: HttpClassifier, O: Observer<Http<R>>>(
    observer: O,
    req: Request<()>,
    respond: impl FnMut(Request<()>) -> Response<ScriptedBody>,
) {
    let layer = ObserveLayer::<Http<R>, _>::new(observer);
    let Ok(res) = now(layer.layer(Respond(respond)).call(req));
    drain(res.into_body());
}

pub(crate) fn hello() -> Response<ScriptedBody> {
    Response::new(ScriptedBody::new().data("hello"))
}

pub(crate) fn with_status(status: u16) -> Response<ScriptedBody> {
    let mut res = hello();
    *res.status_mut() = http::StatusCode::from_u16(status).unwrap();
    res
}
