//! reqwest, which keeps the types of its connector and of its bodies to itself.

use gusset_client::{CallTimings, ClientTimer, OpaqueTiming, Phase, Timings};
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::{Layer as _, Service, ServiceExt as _, service_fn};

use crate::metrics::Recorder;
use crate::support::{Body, DELAY, Server, Time, get};

/// Builds the client that `examples/reqwest.rs` has, with its times.
fn client(
    timer: &ClientTimer,
) -> OpaqueTiming<
    impl Service<Request<Body>, Response = Response<reqwest::Body>, Error = reqwest::Error>
    + Clone
    + use<>,
> {
    let http = reqwest::Client::builder()
        .no_proxy()
        .connector_layer(timer.connector_layer())
        .build()
        .unwrap();
    timer
        .opaque_layer()
        .layer(service_fn(move |request: Request<Body>| {
            let sent = http.get(request.uri().to_string()).send();
            async move { sent.await.map(Response::<reqwest::Body>::from) }
        }))
}

async fn send<S, B>(client: S, server: &Server, request: Request<Body>) -> Timings
where
    S: Service<Request<Body>, Response = Response<B>>,
    S::Error: std::fmt::Debug,
    B: http_body::Body,
{
    let response = client.oneshot(request).await.unwrap();
    server.download_gate.add(1);
    let timings = response.extensions().get::<CallTimings>().unwrap().clone();
    assert!(response.into_body().collect().await.is_ok());
    timings.get()
}

#[tokio::test]
async fn connection_response_and_download_are_phases() {
    let (clock, time) = Time::given();
    let mut server = Server::new(&time, &[Phase::FirstByte, Phase::Download]);
    server.download_gate = crate::support::Gate::new(0);
    let address = server.start(None).await;
    let client = client(&crate::support::timer(clock));
    let first = send(client.clone(), &server, get("http", "127.0.0.1", address)).await;
    let second = send(client, &server, get("http", "127.0.0.1", address)).await;
    assert!(
        !first.is_reused() && first.get(Phase::Tcp).is_some(),
        "{first:?}"
    );
    assert!(
        second.is_reused() && second.get(Phase::Tcp).is_none(),
        "{second:?}"
    );
    for timings in [first, second] {
        assert_eq!(timings.get(Phase::FirstByte), Some(DELAY), "{timings:?}");
        assert_eq!(timings.get(Phase::Download), Some(DELAY), "{timings:?}");
        assert_eq!(timings.total(), DELAY * 2);
    }
}

#[tokio::test]
async fn connection_that_is_refused_fails_in_its_phase() {
    let recorder = Recorder::default();
    let timer = ClientTimer::builder().recorder(recorder.shared());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = client(&timer.build().unwrap());
    let response = client.oneshot(get("http", "127.0.0.1", address)).await;
    assert!(response.is_err());
    let failures = recorder.failures();
    assert_eq!(
        failures,
        [("tcp".to_owned(), "connection_refused".to_owned())]
    );
}
