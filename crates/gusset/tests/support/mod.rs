//! Records every metric of calls.

use std::convert::Infallible;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use gusset::http::{
    GrpcClientClassifier, GrpcServerClassifier, Http, HttpClassifier, HttpClientClassifier,
    HttpServerClassifier, ObservedBody, RequestBodySizeLayer, Route, UrlTemplate,
};
use gusset::metrics::{HttpMetrics, RpcMetrics, SharedRecorder};
use gusset::prometheus::PrometheusExporter;
use gusset::{ObserveLayer, Observer, Operation, Operations, RequestResponse};
use gusset_data::{InstrumentKind, MetricDescriptor};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use http_body::Body;
use metrics::Label;
use tower::{Layer, Service, service_fn};

/// Records every metric of calls, with each of its labels.
#[allow(dead_code, reason = "not all tests have an exporter")]
pub(crate) fn record_every_metric(prometheus: &PrometheusExporter) {
    let recorder: SharedRecorder = prometheus.recorder();
    record_calls(&recorder);
    record_over_the_limit(prometheus);
}

/// Records every metric of calls except that of a registry, with each of its labels.
pub(crate) fn record_calls(recorder: &SharedRecorder) {
    // One call exceeds the limit.
    let server = HttpMetrics::server(recorder.clone())
        .cardinality_limit(4)
        .build()
        .unwrap();
    let client = HttpMetrics::client(recorder.clone()).build().unwrap();
    record_http::<HttpServerClassifier, _>(&ObserveLayer::new(server));
    record_http::<HttpClientClassifier, _>(&ObserveLayer::new(client));
    let server = RpcMetrics::server(recorder.clone()).build().unwrap();
    let client = RpcMetrics::client(recorder.clone()).build().unwrap();
    record_rpc::<GrpcServerClassifier, _>(&ObserveLayer::new(server));
    record_rpc::<GrpcClientClassifier, _>(&ObserveLayer::new(client));
    record_messages(recorder.clone());
    record_operations(recorder.clone());
}

/// Records one series of a metric, with all its labels, as the crate of the metric does.
pub(crate) fn record_series(recorder: &SharedRecorder, metric: &MetricDescriptor) {
    metric.describe(recorder);
    let value = |label| match label {
        "server.port" => "8080",
        _ => "x",
    };
    let labels = metric.labels.iter();
    let labels = labels.map(|label| Label::new(*label, value(label)));
    let labels = labels.collect();
    match metric.kind {
        InstrumentKind::Counter => metric.counter(recorder, labels).increment(2),
        InstrumentKind::Histogram => metric.histogram(recorder, labels).record(0.5),
        _ => metric.gauge(recorder, labels).set(2.0),
    }
}

/// Records one name too many, which has no series of its own, and removes the others.
fn record_over_the_limit(prometheus: &PrometheusExporter) {
    let registry = prometheus.recorder();
    let gauges: Vec<_> = (0..2001)
        .map(|at| registry.scoped_gauge(format!("name.{at}"), &[("a", "b")]))
        .collect();
    gauges.iter().for_each(|gauge| gauge.set(1.0));
}

fn record_http<R: HttpClassifier, O: Observer<Http<R>>>(layer: &ObserveLayer<Http<R>, O>) {
    let req = || {
        let mut req = Request::builder()
            .uri("http://a.example/items")
            .body(())
            .unwrap();
        req.extensions_mut().insert(Route::new("/items"));
        req.extensions_mut().insert(UrlTemplate::new("/items"));
        req
    };
    let failed = Response::builder()
        .status(500)
        .body(ScriptedBody::new().data("no"));
    let events = || {
        let body = ScriptedBody::new().data("data: 1\n\n").error();
        Response::builder()
            .header("content-type", "text/event-stream")
            .body(body)
    };
    read_to_end(call(layer, req(), failed.unwrap()));
    read_to_end(call(layer, req(), events().unwrap()));
    drop(call(
        layer,
        req(),
        Response::new(ScriptedBody::new().data("hello")),
    ));
    // The service does not read this body, and its response is an error.
    let unread = req().map(|()| ScriptedBody::new().data("ignored"));
    let failed = Response::builder().status(500).body(ScriptedBody::new());
    let inner = layer.layer(ResponseOnce(Some(failed.unwrap())));
    let Ok(res) = ready(RequestBodySizeLayer::new().layer(inner).call(unread));
    read_to_end(res.into_body());
    for route in ["/a", "/b", "/c"] {
        let mut req = req();
        req.extensions_mut().insert(Route::new(route));
        req.extensions_mut().insert(UrlTemplate::new(route));
        read_to_end(call(layer, req, Response::new(ScriptedBody::new())));
    }
}

fn record_rpc<R: HttpClassifier, O: Observer<Http<R>>>(layer: &ObserveLayer<Http<R>, O>) {
    let req = || {
        Request::post("http://a.example/shop.Stock/Take")
            .header("content-type", "application/grpc")
            .body(())
            .unwrap()
    };
    let body = || {
        ScriptedBody::new()
            .data("\0\0\0\0\0")
            .trailers("grpc-status", "13")
    };
    read_to_end(call(layer, req(), Response::new(body())));
    drop(call(layer, req(), Response::new(body())));
}

fn record_messages(recorder: SharedRecorder) {
    let metrics = gusset::metrics::MessagingMetrics::consumer(recorder, "channel")
        .destination(|_: &u32| Some("orders"))
        .build()
        .unwrap();
    let layer = ObserveLayer::<RequestResponse<u32, ()>, _>::new(metrics);
    let mut failing = layer.layer(service_fn(async |_: u32| Err::<(), _>("no")));
    assert!(ready(failing.call(1)).is_err());
    let mut stuck = layer.layer(service_fn(|_: u32| {
        std::future::pending::<Result<(), &str>>()
    }));
    drop(stuck.call(1));
}

fn record_operations(recorder: SharedRecorder) {
    let metrics = gusset::metrics::OperationMetrics::builder(recorder);
    let operations = ObserveLayer::<Operations, _>::new(metrics.build().unwrap());
    for operation in [
        Operation::new("reprice"),
        Operation::database("postgresql", "SELECT", "orders"),
        Operation::send("channel", "orders"),
    ] {
        let operation = operations.operation(operation);
        let failed = ready(operation.run(async { Err::<(), _>(std::io::Error::other("no")) }));
        assert!(failed.is_err());
    }
}

/// A service that returns one response.
pub(crate) struct ResponseOnce(Option<Response<ScriptedBody>>);

impl<B> Service<Request<B>> for ResponseOnce {
    type Response = Response<ScriptedBody>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        // It is not registered, which is counted.
        gusset::field::low("tenant", "blue");
        std::future::ready(Ok(self.0.take().expect("called once")))
    }
}

fn call<R: HttpClassifier, O: Observer<Http<R>>>(
    layer: &ObserveLayer<Http<R>, O>,
    req: Request<()>,
    res: Response<ScriptedBody>,
) -> ObservedBody<ScriptedBody, R, O::Call> {
    let Ok(res) = ready(layer.layer(ResponseOnce(Some(res))).call(req));
    res.into_body()
}

fn read_to_end(body: impl Body) {
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    while let Poll::Ready(Some(Ok(_))) = body.as_mut().poll_frame(&mut cx) {}
}

fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it should be ready"),
    }
}
