//! A loop over a listener, with connections of hyper.

use std::convert::Infallible;
use std::pin::pin;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Empty, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tower::ServiceBuilder;

use crate::{access_lines, set_up};

#[tokio::test]
async fn call_of_a_hyper_loop_is_observed_by_server_and_client() {
    let (gusset, output) = set_up();
    let handler = async |_: Request<Incoming>| {
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("hello")))
    };
    let service = ServiceBuilder::new()
        .layer(gusset.http())
        .service_fn(handler);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = gusset.shutdown_signal();
    let server = async move {
        let mut shutdown = pin!(shutdown);
        loop {
            let socket = tokio::select! {
                accepted = listener.accept() => accepted?.0,
                () = &mut shutdown => return std::io::Result::Ok(()),
            };
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    };
    let client = async {
        let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let mut client = ServiceBuilder::new()
            .layer(gusset.http_client())
            .service(client);
        let request = Request::get(format!("http://{address}/hello"));
        let request = request.body(Empty::new()).unwrap();
        let call = tower::Service::call(&mut client, request);
        let response = call.await.unwrap();
        assert!(response.headers().contains_key("x-request-id"));
        response.into_body().collect().await.unwrap();
        gusset.health().lifecycle().begin_shutdown();
    };
    let (served, ()) = tokio::join!(gusset.serve(server), client);
    served.unwrap();

    let lines = access_lines(&output);
    assert_eq!(lines.len(), 2, "{}", output.text());
    assert!(lines[0]["trace_id"].is_string(), "{}", lines[0]);
    assert_eq!(lines[0]["trace_id"], lines[1]["trace_id"], "one trace");
}
