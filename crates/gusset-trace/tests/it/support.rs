//! A subscriber that keeps spans, and calls that are polled by hand.

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
use gusset_trace::{Trace, TraceBuilder};
use http::{Request, Response};
use http_body::Body;
use tower_layer::Layer;
use tower_service::Service;
use tracing::Dispatch;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{Context as Scope, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;

/// A span that was kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept {
    pub(crate) name: &'static str,
    /// What stood on it at its start.
    pub(crate) start: HashMap<String, String>,
    /// What stands on it.
    pub(crate) fields: HashMap<String, String>,
    pub(crate) closed: bool,
}

/// Keeps all spans, and the texts of all events.
#[derive(Clone, Default)]
pub(crate) struct Keeper(Arc<Mutex<All>>);

#[derive(Default)]
struct All {
    spans: Vec<(u64, Kept)>,
    events: Vec<String>,
}

struct Fields<'a>(&'a mut HashMap<String, String>);

impl Keeper {
    /// Runs `work` with this subscriber, which gives what was kept.
    pub(crate) fn during(work: impl FnOnce(&Self)) -> Vec<Kept> {
        let this = Self::default();
        let subscriber = tracing_subscriber::registry().with(this.clone());
        tracing::subscriber::with_default(subscriber, || work(&this));
        this.spans()
    }

    pub(crate) fn spans(&self) -> Vec<Kept> {
        let kept = self.0.lock().unwrap();
        kept.spans.iter().map(|(_, span)| span.clone()).collect()
    }

    pub(crate) fn events(&self) -> Vec<String> {
        self.0.lock().unwrap().events.clone()
    }

    fn edit(&self, id: &Id, edit: impl FnOnce(&mut Kept)) {
        let mut kept = self.0.lock().unwrap();
        // Ids are used again; the last is the one that lives.
        let mut spans = kept.spans.iter_mut().rev();
        if let Some((_, span)) = spans.find(|(at, _)| *at == id.into_u64()) {
            edit(span);
        }
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> tracing_subscriber::Layer<S> for Keeper {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Scope<'_, S>) {
        let mut kept = Kept {
            name: attributes.metadata().name(),
            ..Kept::default()
        };
        attributes.record(&mut Fields(&mut kept.start));
        kept.fields = kept.start.clone();
        self.0.lock().unwrap().spans.push((id.into_u64(), kept));
    }

    fn on_record(&self, id: &Id, record: &Record<'_>, _: Scope<'_, S>) {
        self.edit(id, |kept| record.record(&mut Fields(&mut kept.fields)));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Scope<'_, S>) {
        let mut fields = HashMap::new();
        event.record(&mut Fields(&mut fields));
        self.0.lock().unwrap().events.push(format!("{fields:?}"));
    }

    fn on_close(&self, id: Id, _: Scope<'_, S>) {
        self.edit(&id, |kept| {
            assert!(!kept.closed, "a span ends once");
            kept.closed = true;
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

impl Kept {
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

/// A service that answers with what a function makes of the request.
#[derive(Clone)]
pub(crate) struct Answer<F>(pub(crate) F);

impl<F, B, D> Service<Request<B>> for Answer<F>
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
        Poll::Pending => panic!("it should be ready"),
    }
}

/// Polls a body to its end.
pub(crate) fn drain(body: impl Body) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(_))) | Poll::Pending = body.as_mut().poll_frame(&mut cx) {}
}

/// While a process has one subscriber, `tracing` asks the thread that first comes to a span whether
/// anybody wants it, and keeps the answer for all. With two it asks the subscribers.
static SUBSCRIBERS: LazyLock<[Dispatch; 2]> =
    LazyLock::new(|| [(); 2].map(|()| Dispatch::new(tracing_subscriber::registry())));

/// The environment is not asked.
pub(crate) fn built(builder: TraceBuilder) -> Trace {
    LazyLock::force(&SUBSCRIBERS);
    builder.build_with(|_| None).unwrap()
}

/// One call of a service that answers so, its body read to the end.
pub(crate) fn exchange<R: HttpClassifier, O: Observer<Http<R>>>(
    observer: O,
    req: Request<()>,
    answer: impl FnMut(Request<()>) -> Response<ScriptedBody>,
) {
    let layer = ObserveLayer::<Http<R>, _>::new(observer);
    let Ok(res) = now(layer.layer(Answer(answer)).call(req));
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
