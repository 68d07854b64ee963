//! A log that is read back, and calls to be logged.

use std::convert::Infallible;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use gusset_core::{
    CallContext, CallObserver, Clock, End, MockClock, ObserveLayer, Observer, Protocol,
    ProtocolRequest, ProtocolResponse, SpanIds,
};
use gusset_http::{Grpc, Http, HttpClientClassifier};
use gusset_log::{AccessLog, Format, LogLayer, LogLayerBuilder};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use tower::{Layer as _, Service, ServiceExt as _, service_fn};
use tracing_subscriber::layer::SubscriberExt as _;

pub(crate) const GENEROUS: Duration = Duration::from_secs(30);

/// What was written.
#[derive(Clone, Default)]
pub(crate) struct Pages(Arc<Mutex<Vec<u8>>>);

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Pages {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).expect("lines are UTF-8")
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

/// Any environment but ours.
pub(crate) fn no_env(_: &str) -> Option<String> {
    None
}

pub(crate) fn noon() -> SystemTime {
    UNIX_EPOCH + Duration::new(1_795_348_800, 123_456_789)
}

pub(crate) fn builder(format: Format) -> LogLayerBuilder {
    LogLayer::builder().format(format).clock(noon)
}

/// The lines that a log of that kind has when `work` is done.
pub(crate) fn logged(builder: LogLayerBuilder, work: impl FnOnce()) -> Vec<String> {
    let pages = Pages::default();
    let log = builder
        .writer(pages.clone())
        .build_with(no_env)
        .expect("the log can be built");
    let subscriber = tracing_subscriber::registry().with(log.layer);
    tracing::subscriber::with_default(subscriber, work);
    assert!(log.flush_guard.flush(GENEROUS), "all is written");
    pages.lines()
}

/// The one line of JSON that a log has when `work` is done.
pub(crate) fn json(work: impl FnOnce()) -> serde_json::Value {
    let lines = logged(builder(Format::Json), work);
    assert_eq!(lines.len(), 1, "{lines:?}");
    serde_json::from_str(&lines[0]).expect("a line is JSON")
}

pub(crate) fn ids() -> SpanIds {
    SpanIds::new([0xab; 16], [0xcd; 8], true)
}

/// An observer that makes spans, as others see it.
#[derive(Clone, Copy)]
pub(crate) struct Traced;

impl<P: Protocol> Observer<P> for Traced {
    type Call = Self;
    fn start(&self, _: P::Request<'_>, _: &mut CallContext) -> Self {
        Self
    }
}

impl<P: Protocol> CallObserver<P> for Traced {
    fn scope<R>(&mut self, poll: impl FnOnce() -> R) -> R {
        ids().scope(poll)
    }
    fn span_ids(&self) -> Option<SpanIds> {
        Some(ids())
    }
    fn on_end(self, _: End<'_, P>, _: &CallContext) {}
}

pub(crate) fn get(uri: &str) -> Request<()> {
    Request::get(uri).body(()).unwrap()
}

pub(crate) type Body = Full<Bytes>;

type Observed<P> = <(AccessLog, Traced) as Observer<P>>::Call;

/// A service that answers so, after a millisecond and a half, with a log round it.
pub(crate) fn observed_as<P>(
    log: AccessLog,
    answer: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) -> impl Service<
    Request<()>,
    Response = <P as ProtocolResponse<Response<Body>>>::Tracked<Observed<P>>,
    Error = Infallible,
>
where
    P: ProtocolRequest<Request<()>> + ProtocolResponse<Response<Body>>,
    AccessLog: Observer<P>,
{
    let (clock, hand) = Clock::manual();
    let layer = ObserveLayer::<P, _>::new((log, Traced)).with_clock(clock);
    layer.layer(service_fn(move |_| {
        hand.advance(Duration::from_micros(1500));
        let response = answer(&hand).map(|body| Full::new(Bytes::from_static(body.as_bytes())));
        std::future::ready(Ok::<_, Infallible>(response))
    }))
}

/// As [`observed_as`], a server.
pub(crate) fn observed(
    log: AccessLog,
    answer: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) -> impl Service<Request<()>, Response = Response<impl http_body::Body<Data = Bytes>>, Error = Infallible>
{
    observed_as::<Http>(log, answer)
}

/// A service that answers at once.
pub(crate) fn observed_by_nobody()
-> impl Service<Request<()>, Response = Response<Body>, Error = Infallible, Future: Send> {
    service_fn(|_: Request<()>| std::future::ready(Ok(Response::new(Body::default()))))
}

/// Calls a service, and takes its response whole.
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
    answer: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) {
    let (clock, hand) = Clock::manual();
    let layer = ObserveLayer::<Http, _>::new((log, Traced)).with_clock(clock);
    let moved = hand.clone();
    let mut service = layer.layer(service_fn(move |_| {
        moved.advance(Duration::from_micros(1500));
        let response = answer(&moved).map(|body| Full::new(Bytes::from_static(body.as_bytes())));
        std::future::ready(Ok::<_, Infallible>(response))
    }));
    block_on(async move {
        let response = service.ready().await.unwrap().call(request).await.unwrap();
        hand.advance(Duration::from_micros(500));
        let _ = response.into_body().collect().await;
    });
}

pub(crate) fn call_as_client(
    log: AccessLog,
    request: Request<()>,
    answer: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) {
    drive(
        observed_as::<Http<HttpClientClassifier>>(log, answer),
        request,
    );
}

pub(crate) fn call_as_grpc(
    log: AccessLog,
    request: Request<()>,
    answer: impl Fn(&MockClock) -> Response<&'static str> + Clone,
) {
    drive(observed_as::<Grpc>(log, answer), request);
}

/// A call whose caller leaves before there is a response.
pub(crate) fn abandoned(log: AccessLog, request: Request<()>) {
    let (clock, _) = Clock::manual();
    let layer = ObserveLayer::<Http, _>::new((log, Traced)).with_clock(clock);
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

/// Waits until it is so, much longer than it should take.
#[track_caller]
pub(crate) fn eventually(mut is: impl FnMut() -> bool) {
    let clock = Clock::system();
    let end = clock.now() + GENEROUS;
    while !is() {
        assert!(clock.now() < end, "it never came to be");
        std::thread::yield_now();
    }
}

/// Does something while a call waits for its response, which never comes.
pub(crate) fn while_under_way(log: AccessLog, request: Request<()>, work: impl FnOnce()) {
    let layer = ObserveLayer::<Http, _>::new(log);
    let mut service = layer.layer(service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<Body>, Infallible>>()
    }));
    let mut future = std::pin::pin!(service.call(request));
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(future.as_mut().poll(&mut cx).is_pending());
    work();
}
