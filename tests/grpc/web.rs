//! gRPC-Web: observers on either side of the layers that translate it.

use futures_util::StreamExt;
use gusset_core::Outcome;
use gusset_testkit::RecordedCall;
use gusset_tests::clients::{http1, http2, run, with_timeout};
use gusset_tests::servers::Server;
use gusset_tests::side::Side;
use http::{Request, Uri};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tonic::body::Body;
use tonic::transport::server::Server as Tonic;
use tonic_web::{GrpcWebCall, GrpcWebClientService, GrpcWebLayer};
use tower::layer::util::Stack;
use tower_layer::Layer;

use crate::harness::{Client, serve};
use crate::service::{ECHO, LIST, LIST_AND_FAIL, WordService};

/// Returns outcome, status and `error.type`.
fn report(call: &RecordedCall) -> (Outcome, Option<&str>, Option<&str>) {
    (call.outcome, call.status, call.error)
}

fn serve_with<L>(layer: L) -> Server
where
    L: Layer<tonic::service::Routes> + Clone + Send + 'static,
    L::Service:
        Clone + Send + tower::Service<Request<Body>, Response = http::Response<Body>> + 'static,
    <L::Service as tower::Service<Request<Body>>>::Future: Send,
    <L::Service as tower::Service<Request<Body>>>::Error:
        Into<gusset_tests::bodies::BoxError> + Send,
{
    let (words, _) = WordService::new();
    serve(Tonic::builder().accept_http1(true), layer, words)
}

/// Starts a server that observes what `GrpcWebLayer` has translated.
fn observed_inside(side: &Side) -> Server {
    serve_with(Stack::new(side.grpc_server(), GrpcWebLayer::new()))
}

/// Starts a server that observes what browsers send and receive.
fn observed_outside(side: &Side) -> Server {
    let (words, _) = WordService::new();
    let layer = Stack::new(GrpcWebLayer::new(), side.grpc_server());
    serve(Tonic::builder().accept_http1(true), layer, words)
}

fn uri(server: &Server) -> Uri {
    let uri = format!("http://{}", server.addr()).parse();
    uri.expect("an address is an authority")
}

fn http_client() -> HyperClient<HttpConnector, GrpcWebCall<Body>> {
    HyperClient::builder(TokioExecutor::new()).build_http()
}

async fn list_to_end<T>(client: &mut Client<T>, method: &'static str) -> bool
where
    T: tonic::client::GrpcService<Body>,
    T::ResponseBody: Send + 'static,
    <T::ResponseBody as http_body::Body>::Error: Into<gusset_tests::bodies::BoxError>,
{
    let list = client.list(method).await.expect("a list");
    let words = with_timeout(list.collect::<Vec<_>>()).await;
    words.iter().all(Result::is_ok)
}

#[test]
fn status_inside_of_the_layer_is_known() {
    run(async {
        let side = Side::new();
        let server = observed_inside(&side);
        let service = GrpcWebClientService::new(http_client());
        let mut client = Client::new(service, uri(&server));
        client.unary(ECHO, "hello").await.expect("a word");
        assert!(!list_to_end(&mut client, LIST_AND_FAIL).await);
        let calls = side.wait_for_calls(2).await;
        assert_eq!(report(&calls[0]), (Outcome::Success, Some("OK"), None));
        assert_ne!(calls[1].status, None);
        assert_ne!(calls[1].outcome, Outcome::Success);
    });
}

#[test]
fn status_outside_of_the_layer_is_unknown_and_no_failure() {
    run(async {
        let side = Side::new();
        let server = observed_outside(&side);
        let service = GrpcWebClientService::new(http_client());
        let mut client = Client::new(service, uri(&server));
        client.unary(ECHO, "hello").await.expect("a word");
        assert!(list_to_end(&mut client, LIST).await);
        assert!(!list_to_end(&mut client, LIST_AND_FAIL).await);
        for call in side.wait_for_calls(3).await {
            assert_eq!(report(&call), (Outcome::Success, None, None));
        }
    });
}

#[test]
fn client_outside_of_its_layer_reads_the_status() {
    run(async {
        let (side, on_server) = (Side::new(), Side::new());
        let server = observed_inside(&on_server);
        let service = GrpcWebClientService::new(http_client());
        let mut client = Client::new(side.grpc_client().layer(service), uri(&server));
        client.unary(ECHO, "hello").await.expect("a word");
        assert!(list_to_end(&mut client, LIST).await);
        assert!(!list_to_end(&mut client, LIST_AND_FAIL).await);
        let calls = side.wait_for_calls(3).await;
        for call in &calls[..2] {
            assert_eq!(report(call), (Outcome::Success, Some("OK"), None));
        }
        assert_ne!(calls[2].outcome, Outcome::Success, "{:?}", calls[2]);
        assert!(calls[2].status.is_some_and(|status| status != "OK"));
    });
}

#[test]
fn client_inside_of_its_layer_has_no_status_and_no_failure() {
    run(async {
        let (side, on_server) = (Side::new(), Side::new());
        let server = observed_inside(&on_server);
        let observed = side.grpc_client().layer(http_client());
        let mut client = Client::new(GrpcWebClientService::new(observed), uri(&server));
        client.unary(ECHO, "hello").await.expect("a word");
        assert!(list_to_end(&mut client, LIST).await);
        assert!(!list_to_end(&mut client, LIST_AND_FAIL).await);
        for call in side.wait_for_calls(3).await {
            assert_eq!((call.outcome, call.error), (Outcome::Success, None));
            assert_eq!(call.status, None);
        }
    });
}

#[test]
fn scanner_of_a_grpc_web_server_is_a_client_error() {
    run(async {
        let side = Side::new();
        let server = observed_outside(&side);
        for path in ["/.env", "/wp-login.php"] {
            let request = format!("GET {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
            http1::Connection::round_trip(server.addr(), request).await;
        }
        // Over HTTP/2 the layer forwards it to the router of tonic.
        let connection = http2::Connection::open(server.addr()).await;
        let request = Request::get("http://localhost/.env").body(());
        let (response, _) = connection.send(request.expect("a request"), true).await;
        http2::receive_all(response).await;
        for call in side.wait_for_calls(3).await {
            assert_eq!((call.outcome, call.error), (Outcome::ClientError, None));
        }
        let rows = side.rows("rpc_server_call_duration_seconds_count");
        assert!(
            rows.iter()
                .all(|row| row.contains(r#"rpc_method="_OTHER""#)),
            "{rows:?}"
        );
    });
}
