//! The shop under injected faults keeps its promises: the breaker opens, no gauge leaks, signals agree call by call, and
//! the shutdown loses nothing.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use serde_json::Value;

use crate::process::{STEP_TIMEOUT, Shop, example, get, until};

const TOKEN: &str = "0123456789abcdef";

/// Starts a shop that allows faults to a client with the token.
async fn shop() -> Shop {
    let mut command = Command::new(example("shop"));
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("SHOP_TOKEN", TOKEN)
        // Without the name of an environment, it may be production.
        .env(
            "OTEL_RESOURCE_ATTRIBUTES",
            "deployment.environment.name=test",
        )
        // Without effect: only the token arms.
        .env("GUSSET_CHAOS_ARM_SECONDS", "600");
    Shop::start_command(&mut command).await
}

/// Sends a request, and returns what is read until the connection ends. It ends early if a fault breaks it.
fn exchange(address: SocketAddr, head: &str, body: &str) -> String {
    let mut stream = connect(address, head, body);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    String::from_utf8(response).unwrap()
}

fn connect(address: SocketAddr, head: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(STEP_TIMEOUT)).unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

/// Sends a request to the endpoints of the faults, and returns the response.
fn control(shop: &Shop, request: &str) -> Value {
    let response = exchange(shop.management, request, "");
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{request}: {response}");
    serde_json::from_str(body).unwrap()
}

/// Replaces the rules, and arms.
fn inject(shop: &Shop, rules: &str) {
    let rules: String = rules.split_whitespace().collect();
    let rules = rules.replace('"', "%22");
    let rules = rules.replace('{', "%7B").replace('}', "%7D");
    control(shop, &format!("PUT /chaos/rules?rules={rules}"));
    control(shop, "PUT /chaos/arm?seconds=600");
}

/// Returns the sum of the samples of a metric that have a label.
fn sum(shop: &Shop, metric: &str, label: &str) -> f64 {
    let (_, page) = get(shop.management, "/metrics").unwrap();
    let samples = page.lines().filter(|line| {
        let rest = line.strip_prefix(metric);
        rest.is_some_and(|rest| rest.starts_with(['{', ' ']) && rest.contains(label))
    });
    samples
        .map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
        .sum()
}

/// Returns the access log entries of the shop's server, without those of its payment service.
fn access_entries(shop: &Shop, route: &str) -> Vec<Value> {
    let log = shop.process.stdout();
    let entries = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of_route =
        |entry: &Value| entry["target"] == "gusset::access" && entry["http.route"] == route;
    entries.filter(of_route).collect()
}

const CALLS: usize = 6;
const DURATIONS: &str = "http_server_request_duration_seconds_count";
const GAUGES: [&str; 3] = [
    "http_server_active_requests",
    "http_client_active_requests",
    "gusset_chaos_active_faults",
];

/// The faults: their label, and whether a call has an end without its client's disconnect.
const FAULTS: [(&str, &str, bool); 9] = [
    (
        "latency",
        r#""delay": {"latency": {"distribution": "fixed", "delay_ms": 5}}"#,
        true,
    ),
    (
        "status",
        r#""fault": {"kind": "status", "status": 503}"#,
        true,
    ),
    (
        "grpc_status",
        r#""fault": {"kind": "grpc_status", "code": 14}"#,
        true,
    ),
    ("abort", r#""fault": {"kind": "abort"}"#, true),
    ("panic", r#""fault": {"kind": "panic"}"#, true),
    ("hang", r#""fault": {"kind": "hang"}"#, false),
    (
        "truncated_body",
        r#""body": {"kind": "truncate", "bytes": 5}"#,
        true,
    ),
    (
        "stalled_body",
        r#""body": {"kind": "stall", "bytes": 5}"#,
        false,
    ),
    (
        "throttled_body",
        r#""body": {"kind": "rate_limit", "bytes_per_second": 2000}"#,
        true,
    ),
];

#[tokio::test]
async fn signals_agree_about_each_fault_and_no_gauge_leaks() {
    let shop = shop().await;
    let mut expected = 0;
    for (label, fault, has_end) in FAULTS {
        let rule = format!(
            r#"[{{"name": "on-purpose", "route": "/catalogue", "pick": {{"every_nth": 2}}, {fault}}}]"#
        );
        inject(&shop, &rule);
        for call in 1..=CALLS {
            let head = "GET /catalogue";
            if has_end || call % 2 == 1 {
                exchange(shop.address, head, "");
            } else {
                let connection = connect(shop.address, head, "");
                until("the fault is active", async || {
                    (control(&shop, "GET /chaos")["active"] == 1).then_some(())
                })
                .await;
                // The client disconnects.
                drop(connection);
            }
            expected += 1;
            // A server completes its call later than the client.
            until("the call has ended", async || {
                (access_entries(&shop, "/catalogue").len() == expected).then_some(())
            })
            .await;
        }

        let log = control(&shop, "GET /chaos/log");
        let decisions = log["decisions"].as_array().unwrap();
        let ordinals: Vec<_> = decisions
            .iter()
            .map(|it| it["ordinal"].as_u64().unwrap())
            .collect();
        assert_eq!(ordinals, [1, 3, 5], "{label}: every second call");
        let entries = access_entries(&shop, "/catalogue");
        let entries = &entries[expected - CALLS..];
        for (ordinal, entry) in (0..).zip(entries) {
            let is_hit = ordinals.contains(&ordinal);
            assert_eq!(
                entry["gusset.chaos.fault"] == label,
                is_hit,
                "{label}: {entry}"
            );
            assert_eq!(
                entry["gusset.chaos.rule"] == "on-purpose",
                is_hit,
                "{entry}"
            );
        }
        let with_label = format!("gusset_chaos_fault=\"{label}\"");
        let hit = ordinals.len() as f64;
        assert_eq!(sum(&shop, DURATIONS, &with_label), hit, "{label}");
        assert_eq!(
            sum(&shop, "gusset_chaos_injected_faults_total", &with_label),
            hit,
            "{label}"
        );
        assert_eq!(
            sum(&shop, DURATIONS, "http_route=\"/catalogue\""),
            expected as f64,
            "{label}"
        );
        for gauge in GAUGES {
            assert_eq!(sum(&shop, gauge, ""), 0.0, "{label}: {gauge}");
        }
        control(&shop, "DELETE /chaos/arm");
        let (status, response) = get(shop.address, "/catalogue").unwrap();
        assert_eq!(status, 200, "it works again: {response}");
        expected += 1;
        until("the call has ended", async || {
            (access_entries(&shop, "/catalogue").len() == expected).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn nothing_but_the_token_arms_the_shop() {
    let shop = shop().await;
    assert_eq!(
        control(&shop, "GET /chaos")["armed"],
        false,
        "the environment does not"
    );
    let (status, _) = get(shop.management, "/chaos").unwrap();
    assert_eq!(status, 401);
    let without_token = Shop::start(&[]).await;
    let (status, _) = get(without_token.management, "/chaos").unwrap();
    assert_eq!(status, 404);
}

/// Places an order of one bolt, and returns the status.
fn order(shop: &Shop) -> u16 {
    exchange(shop.address, "POST /baskets/7/bolt", "");
    let order = r#"{"customer":7,"plan":"free"}"#;
    let response = exchange(shop.address, "POST /orders", order);
    response[9..12].parse().unwrap()
}

#[tokio::test]
async fn breaker_spares_a_payment_service_that_fails() {
    for fault in [
        r#""fault": {"kind": "status", "status": 503}"#,
        r#""fault": {"kind": "error"}"#,
        r#""fault": {"kind": "abort"}"#,
    ] {
        // A shop of its own, with a breaker that is closed.
        let shop = shop().await;
        assert_eq!(order(&shop), 201);
        inject(
            &shop,
            &format!(r#"[{{"name": "payments", "route": "/charges", {fault}}}]"#),
        );
        for _ in 0..10 {
            assert_eq!(order(&shop), 502, "{fault}");
        }
        let open = "gusset_breaker_state=\"open\"";
        assert_eq!(sum(&shop, "gusset_breaker_state", open), 1.0, "{fault}");
        let rules = &control(&shop, "GET /chaos")["rules"];
        assert_eq!(
            rules[0]["injected"], 5,
            "the others never reach it: {rules}"
        );
        // Everything else works.
        assert_eq!(get(shop.address, "/catalogue").unwrap().0, 200);
        assert_eq!(get(shop.address, "/readyz").unwrap().0, 200);
    }
}

#[tokio::test]
async fn shutdown_completes_delayed_calls() {
    let mut shop = shop().await;
    inject(
        &shop,
        r#"[{"name": "slow", "route": "/catalogue",
             "delay": {"latency": {"distribution": "fixed", "delay_ms": 300}}}]"#,
    );
    let mut connections: Vec<_> = (0..8)
        .map(|_| connect(shop.address, "GET /catalogue", ""))
        .collect();
    until("the calls are delayed", async || {
        (control(&shop, "GET /chaos")["active"] == 8).then_some(())
    })
    .await;
    shop.process.terminate();
    for connection in &mut connections {
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
        assert!(
            response.contains("x-gusset-chaos: latency\r\n"),
            "{response}"
        );
        assert!(response.ends_with(']'), "complete: {response}");
    }
    assert_eq!(shop.process.exit_status().await.code(), Some(0));
    let entries = access_entries(&shop, "/catalogue");
    assert_eq!(entries.len(), 8, "no log entry is lost");
    assert!(
        entries
            .iter()
            .all(|it| it["gusset.chaos.fault"] == "latency")
    );
}
