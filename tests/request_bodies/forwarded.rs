//! A service that forwards requests, with the extensions that its own layers have added.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::post;
use bytes::Bytes;
use gusset_http::RequestBodySizeLayer;
use gusset_tests::bodies::BoxError;
use gusset_tests::cases::Transport;
use gusset_tests::clients::{http1, run};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use http::Response;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;
use tower_layer::Layer as _;

use crate::service::serve;

const UPLOAD: &str =
    "POST /all HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 7\r\n\r\npayload";

type HttpClient = BoxCloneSyncService<http::Request<Full<Bytes>>, Response<Body>, BoxError>;

/// Returns the client of a service. It counts the bytes of requests if `is_counting`.
fn client(side: &Side, is_counting: bool) -> HttpClient {
    let client = Client::builder(TokioExecutor::new());
    if is_counting {
        let client = side.http_client().layer(client.build_http());
        let client = RequestBodySizeLayer::new().layer(client);
        let client = client.map_response(|res: Response<_>| res.map(Body::new));
        return BoxCloneSyncService::new(client.map_err(Into::into));
    }
    let client = side.http_client().layer(client.build_http());
    let client = client.map_response(|res: Response<_>| res.map(Body::new));
    BoxCloneSyncService::new(client.map_err(Into::into))
}

/// Starts a service that sends each request on, with a shorter body.
fn forward(side: &Side, client: HttpClient, to: &Server) -> Server {
    let base = format!("http://{}", to.addr());
    let handle = async move |mut req: Request| -> Response<Body> {
        *req.uri_mut() = format!("{base}{}", req.uri().path())
            .parse()
            .expect("a URI");
        req.headers_mut().remove("content-length");
        let (parts, body) = req.into_parts();
        let received = body.collect().await.expect("the whole body").to_bytes();
        let body = Full::new(received.slice(..3));
        let req = http::Request::from_parts(parts, body);
        let sent = client.clone().oneshot(req).await;
        sent.expect("a response")
    };
    let router = Router::new().route("/all", post(handle));
    Server::axum(
        router
            .layer(side.http_server())
            .layer(RequestBodySizeLayer::new()),
    )
}

/// Forwards an upload. Returns the request bytes that server and client of the service have recorded.
fn sizes(is_counting: bool) -> [Vec<String>; 2] {
    run(async {
        let (on_server, on_client) = (Side::new(), Side::new());
        let upstream = serve(Transport::Http1, None);
        let service = forward(&on_server, client(&on_client, is_counting), &upstream);
        let response = http1::Connection::round_trip(service.addr(), UPLOAD).await;
        assert!(response.ends_with(b"pay"), "{response:?}");
        on_server.wait_for_call().await;
        on_client.wait_for_call().await;
        let sum = |side: &Side, name| {
            let rows = side.rows(name);
            let bytes = rows.iter().filter_map(|row| row.rsplit(' ').next());
            bytes.map(str::to_owned).collect::<Vec<_>>()
        };
        [
            sum(&on_server, "http_server_request_body_size_bytes_sum"),
            sum(&on_client, "http_client_request_body_size_bytes_sum"),
        ]
    })
}

#[test]
fn client_does_not_report_what_the_server_has_read() {
    assert_eq!(sizes(false), [vec!["7".to_owned()], vec![]]);
}

#[test]
fn client_reports_what_it_has_sent() {
    assert_eq!(
        sizes(true),
        [["7"], ["3"]].map(|[sum]| vec![sum.to_owned()])
    );
}
