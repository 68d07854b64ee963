//! Scripted services and what they saw.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use gusset_chaos::{Arming, Chaos, ChaosBuilder, FaultBody, Rule, RuleSet};
use gusset_http::Route;
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use http_body::Body;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder, Snapshotter};
use tower_service::Service;

pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(600);

pub(crate) fn builder(rules: impl IntoIterator<Item = Rule>) -> ChaosBuilder {
    Chaos::builder()
        .rules(RuleSet::new(rules).unwrap())
        .environment("test")
}

pub(crate) fn chaos(rules: impl IntoIterator<Item = Rule>) -> Chaos {
    builder(rules).build_with(|_| None).unwrap()
}

/// Returns a handle that is armed.
pub(crate) fn armed(rules: impl IntoIterator<Item = Rule>) -> Chaos {
    let chaos = chaos(rules);
    chaos.arm(arming()).unwrap();
    chaos
}

pub(crate) fn arming() -> Arming {
    Arming::for_at_most(TIME_LIMIT)
}

/// A service that responds with `hello, world` and counts its calls.
#[derive(Clone, Default)]
pub(crate) struct Hello {
    pub(crate) calls: Arc<AtomicUsize>,
}

impl Hello {
    pub(crate) fn count(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl<B> Service<Request<B>> for Hello {
    type Response = Response<ScriptedBody>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        self.calls.fetch_add(1, Ordering::Relaxed);
        std::future::ready(Ok(hello()))
    }
}

/// Returns a response of two frames and trailers, with its declared length.
pub(crate) fn hello() -> Response<ScriptedBody> {
    let body = ScriptedBody::new().data("hello, ").data("world");
    let body = body.trailers("grpc-status", "0");
    let response = Response::builder().header("content-length", "12");
    response.body(body).unwrap()
}

pub(crate) fn get(route: &'static str) -> Request<()> {
    let mut request = Request::get(format!("http://shop.example{route}"))
        .body(())
        .unwrap();
    request.extensions_mut().insert(Route::new(route));
    request
}

/// Calls a service that is ready at once.
pub(crate) async fn call<S, Req>(service: &mut S, req: Req) -> Result<S::Response, S::Error>
where
    S: Service<Req>,
{
    poll_fn(|cx| service.poll_ready(cx)).await?;
    service.call(req).await
}

/// What a client read of a body.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) text: String,
    pub(crate) has_trailers: bool,
    pub(crate) error: Option<String>,
}

pub(crate) async fn read<D>(body: FaultBody<D>) -> Read
where
    FaultBody<D>: Body<Data = Bytes, Error = Box<dyn std::error::Error + Send + Sync>>,
{
    let mut body = Box::pin(body);
    let mut read = Read {
        text: String::new(),
        has_trailers: false,
        error: None,
    };
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) => read.text += std::str::from_utf8(&data).unwrap(),
                Err(_) => read.has_trailers = true,
            },
            Err(error) => read.error = Some(error.to_string()),
        }
    }
    read
}

/// Polls a future once.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(crate) fn now<F: Future>(future: F) -> F::Output {
    match poll_once(pin!(future)) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the future is pending"),
    }
}

/// A recorder whose values can be read.
pub(crate) struct Recorded {
    pub(crate) recorder: Arc<DebuggingRecorder>,
    snapshotter: Snapshotter,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        Self {
            recorder: Arc::new(recorder),
            snapshotter,
        }
    }

    /// Returns the sum of the series of a metric whose labels include these values, since they were last
    /// read.
    pub(crate) fn read(&self, name: &str, values: &[&str]) -> f64 {
        let snapshot = self.snapshotter.snapshot().into_vec();
        let mut sum = 0.0;
        for (key, _, _, value) in snapshot {
            let is_gauge = key.kind() == MetricKind::Gauge;
            let (_, key) = key.into_parts();
            let labels: Vec<_> = key.labels().map(metrics::Label::value).collect();
            if key.name() != name || !values.iter().all(|value| labels.contains(value)) {
                continue;
            }
            sum += match value {
                DebugValue::Counter(count) => count as f64,
                DebugValue::Gauge(value) if is_gauge => value.into_inner(),
                _ => 0.0,
            };
        }
        sum
    }
}
