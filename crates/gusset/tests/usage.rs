//! Who uses a service: counted by its layers, and shown by its metrics, its page and its diagnosis.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use gusset::data::MetricProducer as _;
use gusset::usage::FailureReason;
use gusset::{Clock, Gusset, GussetBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";

fn started(configure: impl FnOnce(GussetBuilder) -> GussetBuilder) -> Gusset {
    let builder = gusset::builder()
        .log(|log| log.writer(std::io::sink()))
        .management(|management| management.port(0));
    configure(builder).build_with(|_| None).unwrap()
}

/// Serves two pages, and returns the address.
async fn serve(gusset: &Gusset) -> SocketAddr {
    let app = Router::new()
        .route("/items/{id}", get(async || "an item"))
        .route("/basket", get(async || "a basket"))
        .layer(gusset.http());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Returns the response to a request of a client.
async fn send(address: SocketAddr, path: &str, agent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: {agent}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    response
}

#[tokio::test]
async fn layers_count_pages_and_visitors() {
    let gusset = started(|builder| builder.usage(|usage| usage.bot("acme")));
    let address = serve(&gusset).await;
    for (path, agent) in [
        ("/items/1", BROWSER),
        ("/items/2", BROWSER),
        ("/basket", BROWSER),
        ("/basket", "acme/7"),
    ] {
        let response = send(address, path, agent).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
    let report = gusset.usage().report();
    let hour = report.last_hour;
    assert_eq!((hour.visitors, hour.calls, hour.bot_calls), (1, 3, 1));
    let pages = report.pages.iter();
    let pages: Vec<_> = pages.map(|it| (it.page.as_str(), it.last_day)).collect();
    assert_eq!(pages, [("/items/{id}", 2), ("/basket", 1)]);

    let management = gusset.management_addr().unwrap();
    let metrics = send(management, "/metrics", "prometheus").await;
    for line in [
        "gusset_usage_calls_total{gusset_usage_client=\"bot\"} 1\n",
        "gusset_usage_visitors{gusset_usage_visitor=\"new\",gusset_usage_window=\"hour\"} 1\n",
        "gusset_sign_in_attempts_total{gusset_sign_in_outcome=\"success\"} 0\n",
    ] {
        assert!(metrics.contains(line), "{line} is not in {metrics}");
    }
    let page = send(management, "/ops", "curl").await;
    assert!(page.contains("page: /items/{id}"), "{page}");
}

#[tokio::test]
async fn disabled_service_counts_no_calls() {
    let gusset = gusset::disabled();
    let address = serve(&gusset).await;
    send(address, "/basket", BROWSER).await;
    assert_eq!(gusset.usage().report().last_hour.calls, 0);
    gusset.sign_ins().success("ada", address);
    assert_eq!(gusset.sign_ins().report().successes, 1);
}

#[test]
fn brute_force_is_a_finding() {
    let gusset = started(|builder| builder.without_health().without_management());
    let attacker = SocketAddr::from(([192, 0, 2, 66], 4711));
    for _ in 0..12 {
        let sign_ins = gusset.sign_ins();
        sign_ins.failure("ada", attacker, FailureReason::WrongCredentials);
    }
    // What the sampler of the history does every ten seconds.
    let metrics = gusset.telemetry().prometheus().recorder().metrics();
    let history = gusset.history().unwrap();
    history.record(Clock::system().now(), metrics);
    for _ in 0..4 {
        gusset.system().unwrap().sample();
    }
    let diagnosis = gusset.diagnosis().unwrap();
    let finding = diagnosis.finding("sign_in.brute_force");
    let text = finding.unwrap().to_string();
    let evidence = "failed sign-ins of one account, in up to an hour: 12 (threshold 10)";
    assert!(text.contains(evidence), "{text}");
    assert!(
        !text.contains("ada") && !text.contains("192.0.2.66"),
        "{text}"
    );
}

#[test]
fn wrong_setting_fails_at_start() {
    let builder = gusset::builder().usage(|usage| usage.max_pages(0));
    let error = builder.without_health().build_with(|_| None).unwrap_err();
    assert!(error.to_string().contains("`max_pages`"), "{error}");
}
