//! Whose connection it is.

use std::sync::Arc;

use gusset_client::{CallTimings, ClientTimer, Phase, TimedBody};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tower::{Layer as _, ServiceExt as _};

use crate::metrics::Recorder;
use crate::support::{
    Body, DELAY, Gate, Resolver, Server, Time, Tls, assert_delays, client, get, send, timer,
};

#[tokio::test]
async fn reused_connection_has_no_phases_of_its_own() {
    let (clock, time) = Time::given();
    let tls = Tls::new();
    let server = Server::new(&time, &[Phase::Tls]);
    let address = server.start(Some(&tls)).await;
    let client = client(&timer(clock), Resolver::slow(&time), tls.client);
    let first = send(&client, &server, get("https", "shop.test", address)).await;
    assert!(!first.is_reused());
    assert_delays(&first, &[Phase::Dns, Phase::Tls]);
    let second = send(&client, &server, get("https", "shop.test", address)).await;
    assert!(second.is_reused());
    for phase in [Phase::Dns, Phase::Tcp, Phase::Tls] {
        assert_eq!(second.get(phase), None);
    }
    assert_delays(&second, &[]);
}

/// hyper hands a connection that becomes free to a waiting call, and completes the one that the call has begun.
#[tokio::test]
async fn call_that_gets_the_connection_of_another_waits_and_does_not_connect() {
    let (clock, time) = Time::given();
    let mut server = Server::new(&time, &[]);
    server.response_gate = Gate::new(1);
    let address = server.start(None).await;
    let mut resolver = Resolver::local();
    resolver.gate = Gate::new(1);
    let recorder = Recorder::default();
    let timer = ClientTimer::builder()
        .clock(clock)
        .recorder(recorder.shared());
    let client = client(&timer.build().unwrap(), resolver.clone(), Tls::untrusted());
    send(&client, &server, get("http", "shop.test", address)).await;
    server.response_gate.reached().await;
    resolver.gate.reached().await;

    let call = || {
        let (client, server) = (client.clone(), server.clone());
        tokio::spawn(async move { send(&client, &server, get("http", "shop.test", address)).await })
    };
    let first = call();
    server.response_gate.reached().await;
    let second = call();
    // The second call has begun a connection, which does not get beyond the lookup.
    resolver.gate.reached().await;
    time.pass().await;
    server.response_gate.add(2);
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert!(first.is_reused() && second.is_reused());
    assert_delays(&first, &[Phase::FirstByte]);
    assert_delays(&second, &[Phase::Wait]);
    assert_eq!(second.get(Phase::Dns), None);

    // The connection that the second call began goes into the pool. Two calls at once do not wait for it.
    resolver.gate.add(1);
    recorder.wait_for_connections(2).await;
    time.pass().await;
    server.response_gate.add(2);
    let (third, fourth) = (call(), call());
    assert!(third.await.unwrap().is_reused());
    assert!(fourth.await.unwrap().is_reused());
}

#[tokio::test]
async fn address_that_refuses_is_a_part_of_tcp() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let mut resolver = Resolver::local();
    // Nothing listens there on this port, so the connector goes on to the next address.
    resolver.addresses.insert(0, ([127, 0, 0, 2], 0).into());
    let client = client(&timer(clock), resolver, Tls::untrusted());
    let timings = send(&client, &server, get("http", "shop.test", address)).await;
    assert!(timings.get(Phase::Tcp).is_some());
    assert!(!timings.is_reused());
}

#[tokio::test]
async fn second_call_of_http2_waits_for_the_connection_of_the_first() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let timer = timer(clock);
    let mut resolver = Resolver::local();
    resolver.gate = Gate::new(0);
    let http =
        HttpConnector::new_with_resolver(gusset_client::TimedResolver::new(resolver.clone()));
    let connector = timer.connector(http);
    let mut builder = Client::builder(TokioExecutor::new());
    let client: Client<_, TimedBody<Body>> = builder.http2_only(true).build(connector);
    let client = timer.layer().layer(client);
    let call = || {
        let client = client.clone();
        tokio::spawn(async move {
            let response = client.oneshot(get("http", "shop.test", address));
            let response = response.await.unwrap();
            response.extensions().get::<CallTimings>().unwrap().get()
        })
    };
    let first = call();
    resolver.gate.reached().await;
    let second = call();
    // The second call waits as soon as it was polled.
    tokio::task::yield_now().await;
    time.pass().await;
    resolver.gate.add(1);
    let (first, second) = (first.await.unwrap(), second.await.unwrap());
    assert_ne!(first.is_reused(), second.is_reused());
    assert_eq!(first.get(Phase::Dns), Some(DELAY));
    assert_eq!(
        (second.get(Phase::Dns), second.get(Phase::Wait)),
        (None, Some(DELAY))
    );
}

#[tokio::test]
async fn connection_of_another_client_is_not_that_of_the_call() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let inner = client(
        &timer(clock.clone()),
        Resolver::slow(&time),
        Tls::untrusted(),
    );
    // A service inside of the layer that uses another client, which has a timer of its own.
    let service = tower::service_fn(move |request: http::Request<TimedBody<Body>>| {
        inner.clone().oneshot(request.map(TimedBody::into_inner))
    });
    let outer = timer(clock).layer().layer(service);
    let response = outer
        .oneshot(get("http", "shop.test", address))
        .await
        .unwrap();
    let timings = response.extensions().get::<CallTimings>().unwrap().get();
    assert_eq!(timings.get(Phase::Dns), None, "{timings:?}");
    assert_eq!(timings.total(), DELAY, "{timings:?}");
}

#[tokio::test]
async fn redirect_is_a_call_of_its_own() {
    use tower_http::follow_redirect::FollowRedirectLayer;
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[]);
    let address = server.start(None).await;
    let recorder = Recorder::default();
    let timer = ClientTimer::builder()
        .clock(clock)
        .recorder(recorder.shared());
    let client = client(
        &timer.build().unwrap(),
        Resolver::slow(&time),
        Tls::untrusted(),
    );
    let client = FollowRedirectLayer::new().layer(client);
    let mut request = get("http", "old.test", address);
    let to = format!("http://new.test:{}/", address.port());
    request
        .headers_mut()
        .insert("x-redirect", to.parse().unwrap());
    let response = client.oneshot(request).await.unwrap();
    let timings = response.extensions().get::<CallTimings>().unwrap().get();
    // That of the last one, which has its own connection.
    assert_eq!(timings.get(Phase::Dns), Some(DELAY));
    assert_eq!(
        recorder.count("dns.lookup.duration", "dns.question.name", "old.test"),
        1
    );
}

#[tokio::test]
async fn times_of_a_call_do_not_change_after_its_memory_is_used_again() {
    let (clock, time) = Time::given();
    let server = Server::new(&time, &[Phase::FirstByte]);
    let address = server.start(None).await;
    let client = client(&timer(clock), Resolver::local(), Tls::untrusted());
    let kept = {
        let request = get("http", "shop.test", address);
        let response = client.clone().oneshot(request).await.unwrap();
        Arc::new(response.extensions().get::<CallTimings>().unwrap().clone())
    };
    let before = kept.get();
    for _ in 0..3 {
        send(&client, &server, get("http", "shop.test", address)).await;
    }
    assert_eq!(kept.get(), before);
}
