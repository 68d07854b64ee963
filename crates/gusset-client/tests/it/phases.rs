//! Each phase by itself: the time that a server lets pass is in its phase, and in no other.

use bytes::Bytes;
use gusset_client::{Phase, Timings};
use http_body_util::{BodyExt, Full};

use crate::support::{
    DELAY, Gate, Resolver, Server, Time, Tls, assert_delays, client, get, proxy, send, timer,
};

/// Sends the first request of a client to a server.
async fn first(slow: &'static [Phase], has_tls: bool) -> Timings {
    let (clock, time) = Time::given();
    let mut server = Server::new(&time, slow);
    server.download_gate = Gate::new(0);
    let tls = Tls::new();
    let address = server.start(has_tls.then_some(&tls)).await;
    let scheme = if has_tls { "https" } else { "http" };
    let resolver = match slow.contains(&Phase::Dns) {
        true => Resolver::slow(&time),
        false => Resolver::local(),
    };
    let client = client(&timer(clock), resolver, tls.client);
    send(&client, &server, get(scheme, "shop.test", address)).await
}

#[tokio::test]
async fn name_lookup_is_a_phase() {
    let timings = first(&[Phase::Dns], false).await;
    assert_delays(&timings, &[Phase::Dns]);
}

#[tokio::test]
async fn address_has_no_lookup() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let client = client(&timer(clock), Resolver::slow(&time), Tls::untrusted());
    let timings = send(&client, &server, get("http", "127.0.0.1", address)).await;
    assert_eq!(timings.get(Phase::Dns), None);
    assert!(timings.get(Phase::Tcp).is_some());
    assert_delays(&timings, &[]);
}

#[tokio::test]
async fn handshake_is_a_phase() {
    let timings = first(&[Phase::Tls], true).await;
    assert!(timings.get(Phase::Tcp).is_some());
    assert_delays(&timings, &[Phase::Tls]);
}

#[tokio::test]
async fn distance_to_the_server_is_in_the_handshake() {
    let (clock, time) = Time::given();
    let tls = Tls::new();
    let server = Server::new(&time, &[]);
    let address = server.start(Some(&tls)).await;
    let proxy = proxy(address, time).await;
    let client = client(&timer(clock), Resolver::local(), tls.client);
    let timings = send(&client, &server, get("https", "shop.test", proxy)).await;
    assert_delays(&timings, &[Phase::Tls]);
}

#[tokio::test]
async fn plain_connection_has_no_handshake() {
    let timings = first(&[], false).await;
    assert_eq!(timings.get(Phase::Tls), None);
    assert!(!timings.is_reused());
    assert_delays(&timings, &[]);
}

#[tokio::test]
async fn request_that_the_server_does_not_read_is_sent_slowly() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[Phase::Send]);
    let address = server.start(None).await;
    let client = client(&timer(clock), Resolver::local(), Tls::untrusted());
    let mut request = get("http", "shop.test", address);
    *request.method_mut() = http::Method::POST;
    // More than the buffers of both ends hold, in parts: a connection takes a single frame at once.
    let parts = (0..512).map(|_| Ok(http_body::Frame::data(Bytes::from(vec![0; 64 << 10]))));
    let parts = http_body_util::StreamBody::new(futures_util::stream::iter(parts));
    *request.body_mut() = BodyExt::boxed(parts);
    let timings = send(&client, &server, request).await;
    assert_delays(&timings, &[Phase::Send]);
}

#[tokio::test]
async fn short_request_takes_no_time() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[Phase::Send, Phase::FirstByte]);
    let address = server.start(None).await;
    let client = client(&timer(clock), Resolver::local(), Tls::untrusted());
    let mut request = get("http", "shop.test", address);
    let body = Full::new(Bytes::from_static(b"an order"));
    *request.body_mut() = body.map_err(|never| match never {}).boxed();
    let timings = send(&client, &server, request).await;
    // It fits into the buffers, so the server has all of it before it reads.
    assert_eq!(
        timings.get(Phase::FirstByte),
        Some(DELAY * 2),
        "{timings:?}"
    );
}

#[tokio::test]
async fn first_byte_is_a_phase() {
    let timings = first(&[Phase::FirstByte], false).await;
    assert_delays(&timings, &[Phase::FirstByte]);
}

#[tokio::test]
async fn download_is_a_phase() {
    let timings = first(&[Phase::Download], false).await;
    assert_delays(&timings, &[Phase::Download]);
}

#[tokio::test]
async fn phases_add_up_to_the_whole() {
    const SLOW: &[Phase] = &[Phase::Dns, Phase::Tls, Phase::FirstByte, Phase::Download];
    let timings = first(SLOW, true).await;
    assert_delays(&timings, SLOW);
    assert_eq!(timings.total(), DELAY * 4);
}

#[tokio::test]
async fn download_lasts_until_now_while_the_body_is_read() {
    let (clock, time) = Time::given();
    let mut server = Server::new(&time, &[]);
    server.download_gate = Gate::new(0);
    let address = server.start(None).await;
    let client = client(&timer(clock), Resolver::local(), Tls::untrusted());
    let response = tower::ServiceExt::oneshot(client, get("http", "shop.test", address));
    let response = response.await.unwrap();
    let timings = response.extensions().get::<gusset_client::CallTimings>();
    let timings = timings.unwrap().clone();
    assert_eq!(timings.get().total(), std::time::Duration::ZERO);
    time.pass().await;
    assert_eq!(timings.get().get(Phase::Download), Some(DELAY));
    drop(response);
    time.pass().await;
    assert_eq!(
        timings.get().get(Phase::Download),
        Some(DELAY),
        "it has ended"
    );
}
