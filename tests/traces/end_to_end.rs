//! axum → reqwest → axum → tonic is one trace.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use gusset_core::ObserveLayer;
use gusset_data::SpanKind;
use gusset_http::{Grpc, Http, RequestIdLayer};
use gusset_tests::clients::run;
use gusset_tests::servers::Server;
use gusset_trace::{TraceObserver, TraceObserverBuilder, current_span_context, set_attribute};
use http::uri::PathAndQuery;
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server as Tonic};
use tonic_prost::ProstCodec;
use tower::{ServiceExt as _, service_fn};

use crate::recipes::{self, BoxError, Client, Traced};
use gusset_tests::spans::{Spans, attribute, named};

#[derive(Clone, PartialEq, prost::Message)]
struct Item {
    #[prost(uint32, tag = "1")]
    id: u32,
}

/// A service as `tonic-build` generates it.
#[derive(Clone)]
struct Stock;

impl NamedService for Stock {
    const NAME: &'static str = "shop.Stock";
}

impl tower::Service<Request<Body>> for Stock {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        Box::pin(async move {
            let reserve = service_fn(|req: tonic::Request<Item>| async {
                Ok::<_, tonic::Status>(tonic::Response::new(req.into_inner()))
            });
            let mut grpc = tonic::server::Grpc::new(ProstCodec::<Item, Item>::default());
            Ok(grpc.unary(reserve, req).await)
        })
    }
}

pub(crate) fn built(builder: TraceObserverBuilder, spans: &Spans) -> TraceObserver {
    builder.sink(spans.clone()).build_with(|_| None).unwrap()
}

fn stock(spans: &Spans) -> Server {
    let layer = ObserveLayer::<Grpc, _>::new(built(TraceObserver::grpc_server(), spans));
    Server::spawn(move |listener| async move {
        let served = Tonic::builder()
            .layer(layer)
            .add_service(Stock)
            .serve_with_incoming(TcpIncoming::from(listener));
        served.await.expect("it serves until it is dropped");
    })
}

/// Starts the second service, which calls the stock.
fn shelf(spans: &Spans, stock: Uri) -> Server {
    async fn item(State((channel, stock)): State<(Channel, (TraceObserver, Uri))>) -> String {
        let (trace, uri) = stock;
        let channel: Traced = recipes::tonic(channel, trace).unwrap();
        let mut client = tonic::client::Grpc::with_origin(channel, uri);
        client.ready().await.unwrap();
        let path = PathAndQuery::from_static("/shop.Stock/Reserve");
        let codec = ProstCodec::<Item, Item>::default();
        let request = tonic::Request::new(Item { id: 7 });
        let item = client.unary(request, path, codec).await.unwrap();
        item.into_inner().id.to_string()
    }
    let layer = ObserveLayer::<Http, _>::new(built(TraceObserver::server(), spans));
    let client = built(TraceObserver::grpc_client(), spans);
    Server::spawn(move |listener| async move {
        let channel = Endpoint::from(stock.clone()).connect_lazy();
        let router = Router::new()
            .route("/items/{id}", get(item))
            .layer(layer)
            .with_state((channel, (client, stock)));
        axum::serve(listener, router).await.expect("it serves");
    })
}

/// Starts the first service, which calls the second.
fn shop(spans: &Spans, shelf: String) -> Server {
    async fn order(State((client, shelf)): State<(Client, String)>) -> Result<String, String> {
        set_attribute("shop.plan", "gold");
        let req = Request::get(format!("{shelf}/items/7"));
        let req = req.body(reqwest::Body::default()).unwrap();
        let res = client
            .oneshot(req)
            .await
            .map_err(|error| error.to_string())?;
        let body = res.into_body().collect().await;
        let text = body.map_err(|error| error.to_string())?.to_bytes();
        let trace = current_span_context().unwrap().trace_id();
        Ok(format!("{trace} {}", String::from_utf8_lossy(&text)))
    }
    let layer = ObserveLayer::<Http, _>::new(built(TraceObserver::server(), spans));
    let client = built(TraceObserver::client(), spans);
    Server::spawn(move |listener| async move {
        let router = Router::new()
            .route("/orders", get(order))
            .layer(layer)
            .layer(RequestIdLayer::new())
            .with_state((recipes::reqwest(client).unwrap(), shelf));
        axum::serve(listener, router).await.expect("it serves");
    })
}

#[test]
fn services_share_one_trace() {
    let spans = Spans::default();
    let stock = stock(&spans);
    let uri: Uri = format!("http://{}", stock.addr()).parse().unwrap();
    let shelf = shelf(&spans, uri);
    let shop = shop(&spans, format!("http://{}", shelf.addr()));
    let text = run(async {
        let url = format!("http://{}/orders", shop.addr());
        let res = reqwest::get(url).await?;
        let text = res.text().await?;
        Ok::<_, BoxError>(text)
    });
    let text = text.unwrap();
    let spans = run(async { spans.wait(5).await });

    let one = |name: &str, kind: SpanKind| {
        let mut found = named(&spans, name);
        found.retain(|span| span.kind == kind);
        assert_eq!(found.len(), 1, "{name} {kind:?} in {spans:#?}");
        found[0]
    };
    let way = [
        one("GET /orders", SpanKind::Server),
        one("GET", SpanKind::Client),
        one("GET /items/{id}", SpanKind::Server),
        one("shop.Stock/Reserve", SpanKind::Client),
        one("shop.Stock/Reserve", SpanKind::Server),
    ];
    assert_eq!(way[0].parent_span_id, None);
    for pair in way.windows(2) {
        assert_eq!(pair[1].trace_id, pair[0].trace_id);
        assert_eq!(
            pair[1].parent_span_id,
            Some(pair[0].span_id),
            "{}",
            pair[1].name
        );
        assert!(pair[0].start <= pair[1].start);
    }
    let trace: String = way[0]
        .trace_id
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(text, format!("{trace} 7"));
    assert_eq!(attribute(way[0], "shop.plan").as_deref(), Some("gold"));
    for span in &way[3..] {
        assert_eq!(
            attribute(span, "rpc.response.status_code").as_deref(),
            Some("OK")
        );
    }
    // The request id of the first service is passed on by HTTP.
    let id = attribute(way[0], "request_id").unwrap();
    assert_eq!(attribute(way[1], "request_id"), Some(id));
}
