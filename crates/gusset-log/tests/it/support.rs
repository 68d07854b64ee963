//! A log that tests read, and requests that are logged.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gusset_core::{
    CallContext, CallObserver, Clock, End, MockClock, ObserveLayer, Observer, Protocol,
    ProtocolRequest, ProtocolResponse, SpanIds,
};
use gusset_data::{LogRecord, LogSink};
use gusset_http::{Grpc, Http, HttpClientClassifier};
use gusset_log::{AccessLog, Format, LogLayer, LogLayerBuilder};
pub(crate) use gusset_testkit::SharedOutput as Output;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

/// All formats.
pub(crate) const FORMATS: [fn() -> Format; 9] = [
    || Format::Json,
    || Format::Ecs,
    || Format::google_cloud("p"),
    || Format::Datadog,
    || Format::emf("n"),
    || Format::Logfmt,
    || Format::Common,
    || Format::Combined,
    || Format::pretty(false),
];

pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Returns an empty environment.
pub(crate) fn no_env(_: &str) -> Option<String> {
    None
}

pub(crate) fn fixed_time() -> SystemTime {
    UNIX_EPOCH + Duration::new(1_795_348_800, 123_456_789)
}

pub(crate) fn builder(format: Format) -> LogLayerBuilder {
    LogLayer::builder().format(format).clock(fixed_time)
}

/// Returns the entries that `work` logs.
pub(crate) fn logged(builder: LogLayerBuilder, work: impl FnOnce()) -> Vec<String> {
    let output = Output::default();
    let log = builder
        .writer(output.clone())
        .build_with(no_env)
        .expect("the log can be built");
    let subscriber = tracing_subscriber::registry().with(log.layer);
    gusset_testkit::with_subscriber(subscriber, work);
    assert!(log.flush_guard.flush(TEST_TIMEOUT), "all is written");
    output.lines()
}

/// Returns the only entry that `work` logs, as JSON.
pub(crate) fn json(work: impl FnOnce()) -> serde_json::Value {
    let lines = logged(builder(Format::Json), work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    serde_json::from_str(&lines[0]).expect("a line is JSON")
}

#[derive(Clone, Default)]
pub(crate) struct RecordingSink(pub(crate) Arc<Mutex<Vec<LogRecord>>>);

impl LogSink for RecordingSink {
    fn export(&self, record: LogRecord) {
        self.0.lock().unwrap().push(record);
    }
}

/// Returns the records that `work` exports.
pub(crate) fn records(work: impl FnOnce()) -> Vec<LogRecord> {
    records_of(builder(Format::Json), work)
}

/// Returns the records that `work` exports through a layer.
pub(crate) fn records_of(builder: LogLayerBuilder, work: impl FnOnce()) -> Vec<LogRecord> {
    let sink = RecordingSink::default();
    let lines = logged(builder.sink(sink.clone()).without_output(), work);
    assert_eq!(lines, [""; 0]);
    std::mem::take(&mut *sink.0.lock().unwrap())
}

pub(crate) fn ids() -> SpanIds {
    SpanIds::new([0xab; 16], [0xcd; 8], true)
}

/// An observer that sets span ids.
#[derive(Clone, Copy)]
pub(crate) struct Traced;

impl<P: Protocol> Observer<P> for Traced {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Traced {
    fn span_ids(&self) -> Option<SpanIds> {
        Some(ids())
    }
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

pub(crate) fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

/// Returns a request of gRPC.
pub(crate) fn grpc(uri: &str) -> Request<()> {
    let request = Request::post(uri).header("content-type", "application/grpc");
    request.body(()).unwrap()
}

pub(crate) type Body = Full<Bytes>;

type Observed<P> = <(AccessLog, Traced) as Observer<P>>::Call;

/// Returns a logged service that responds after 1.5 ms.
pub(crate) fn observed_as<P>(
    log: AccessLog,
    respond: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) -> impl Service<
    Request<()>,
    Response = <P as ProtocolResponse<Response<Body>>>::Tracked<Observed<P>>,
    Error = Infallible,
>
where
    P: ProtocolRequest<Request<()>> + ProtocolResponse<Response<Body>>,
    AccessLog: Observer<P>,
{
    let (clock, mock_clock) = Clock::manual();
    let layer = ObserveLayer::<P, _>::new((log, Traced)).with_clock(clock);
    layer.layer(service_fn(move |_| {
        mock_clock.advance(Duration::from_micros(1500));
        let response =
            respond(&mock_clock).map(|body| Full::new(Bytes::from_static(body.as_bytes())));
        std::future::ready(Ok::<_, Infallible>(response))
    }))
}

/// Returns a logged HTTP server, as [`observed_as`].
pub(crate) fn observed(
    log: AccessLog,
    respond: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) -> impl Service<Request<()>, Response = Response<impl http_body::Body<Data = Bytes>>, Error = Infallible>
{
    observed_as::<Http>(log, respond)
}

/// Returns a service without observers that responds at once.
pub(crate) fn unobserved()
-> impl Service<Request<()>, Response = Response<Body>, Error = Infallible, Future: Send> {
    service_fn(|_: Request<()>| std::future::ready(Ok(Response::new(Body::default()))))
}

/// Calls a service and reads the response to its end.
pub(crate) fn drive<S, B>(mut service: S, request: Request<()>)
where
    S: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    B: http_body::Body,
{
    block_on(async move {
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        let _ = response.into_body().collect().await;
    });
}

pub(crate) fn call(
    log: AccessLog,
    request: Request<()>,
    respond: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) {
    let (clock, mock_clock) = Clock::manual();
    let layer = ObserveLayer::<Http, _>::new((log, Traced)).with_clock(clock);
    let moved = mock_clock.clone();
    let mut service = layer.layer(service_fn(move |_| {
        moved.advance(Duration::from_micros(1500));
        let response = respond(&moved).map(|body| Full::new(Bytes::from_static(body.as_bytes())));
        std::future::ready(Ok::<_, Infallible>(response))
    }));
    block_on(async move {
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        mock_clock.advance(Duration::from_micros(500));
        let _ = response.into_body().collect().await;
    });
}

pub(crate) fn call_as_client(
    log: AccessLog,
    request: Request<()>,
    respond: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) {
    drive(
        observed_as::<Http<HttpClientClassifier>>(log, respond),
        request,
    );
}

pub(crate) fn call_as_grpc(
    log: AccessLog,
    request: Request<()>,
    respond: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) {
    drive(observed_as::<Grpc>(log, respond), request);
}

/// Sends a request and cancels it before the response.
pub(crate) fn call_cancelled<P>(log: AccessLog, request: Request<()>)
where
    P: ProtocolRequest<Request<()>> + ProtocolResponse<Response<Body>>,
    AccessLog: Observer<P>,
{
    let (clock, _) = Clock::manual();
    let layer = ObserveLayer::<P, _>::new((log, Traced)).with_clock(clock);
    let mut service = layer.layer(service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<Body>, Infallible>>()
    }));
    let mut future = std::pin::pin!(service.call(request));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = std::pin::pin!(future);
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
    }
}

/// Waits until a condition holds, for at most [`TEST_TIMEOUT`].
#[track_caller]
pub(crate) fn eventually(mut condition: impl FnMut() -> bool) {
    let clock = Clock::system();
    let end = clock.now() + TEST_TIMEOUT;
    while !condition() {
        assert!(clock.now() < end, "the condition never held");
        std::thread::yield_now();
    }
}

/// Runs `work` while a request waits for a response that never comes.
pub(crate) fn while_in_progress(log: AccessLog, request: Request<()>, work: impl FnOnce()) {
    let layer = ObserveLayer::<Http, _>::new(log);
    let mut service = layer.layer(service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<Body>, Infallible>>()
    }));
    let mut future = std::pin::pin!(service.call(request));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    work();
}
