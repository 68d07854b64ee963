//! The log filter and the sampling are changed over the management server.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use gusset::{Gusset, GussetBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::{no_variable, set_up};

/// Returns the address of the management server, as this machine reaches it.
fn management(gusset: &Gusset) -> SocketAddr {
    let address = gusset.management_addr().unwrap();
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
}

/// Sends a request, and returns the status and the body.
pub(crate) async fn send(gusset: &Gusset, line: &str, headers: &str) -> (u16, String) {
    let mut connection = TcpStream::connect(management(gusset)).await.unwrap();
    let request = format!("{line} HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).await.unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.trim_end().to_owned())
}

pub(crate) const LOCAL: &str = "host: localhost:9464\r\n";

fn build(builder: GussetBuilder) -> Gusset {
    builder.build_with(no_variable).unwrap()
}

#[tokio::test]
async fn log_filter_is_changed_for_a_time_and_reverted() {
    let gusset = build(set_up().0);
    let get = "GET /log-filter";
    assert_eq!(send(&gusset, get, LOCAL).await, (200, "info".to_owned()));
    let put = "PUT /log-filter?filter=warn,shop%3Ddebug&seconds=60";
    assert_eq!(
        send(&gusset, put, LOCAL).await,
        (200, "shop=debug,warn".to_owned())
    );
    assert_eq!(
        gusset.telemetry().log_filter_handle().filter(),
        "shop=debug,warn"
    );
    assert_eq!(
        send(&gusset, "DELETE /log-filter", LOCAL).await,
        (200, "info".to_owned())
    );
    for (line, status, reason) in [
        ("PUT /log-filter?filter=a%5Bb%5D%3Dinfo", 400, "`filter`"),
        ("PUT /log-filter?seconds=60", 400, "`filter` is missing"),
        (
            "PUT /log-filter?filter=debug&seconds=0",
            400,
            "`seconds`: not a positive number",
        ),
        ("PUT /log-filter?filter=debug&for=60", 400, "`for`: unknown"),
        ("POST /log-filter?filter=debug", 405, "GET, PUT or DELETE"),
    ] {
        let (found, body) = send(&gusset, line, LOCAL).await;
        assert_eq!(found, status, "{line}: {body}");
        assert!(body.contains(reason), "{line}: {body}");
    }
    assert_eq!(send(&gusset, get, LOCAL).await.1, "info");
}

#[tokio::test]
async fn sampling_is_replaced_for_a_time_and_reverted() {
    let gusset = build(set_up().0);
    let put = "PUT /trace-sampling?ratio=0.5";
    assert_eq!(
        send(&gusset, put, LOCAL).await,
        (200, "replaced".to_owned())
    );
    assert!(gusset.telemetry().sampler().is_replaced());
    let delete = "DELETE /trace-sampling";
    assert_eq!(
        send(&gusset, delete, LOCAL).await,
        (200, "original".to_owned())
    );
    for ratio in ["2", "-1", "NaN", "all"] {
        let put = format!("PUT /trace-sampling?ratio={ratio}");
        assert_eq!(send(&gusset, &put, LOCAL).await.0, 400, "{ratio}");
    }
}

#[tokio::test]
async fn websites_cannot_change_anything() {
    let gusset = build(set_up().0);
    let put = "PUT /log-filter?filter=trace";
    for headers in [
        "host: rebound.example:9464\r\n",
        "host: localhost\r\norigin: http://localhost:3000\r\n",
        "host: a b\r\n",
    ] {
        assert!(
            [400, 403].contains(&send(&gusset, put, headers).await.0),
            "{headers}"
        );
    }
    assert_eq!(gusset.telemetry().log_filter_handle().filter(), "info");
}

#[tokio::test]
async fn network_needs_a_token() {
    let on_network =
        |builder: GussetBuilder| builder.management(|management| management.host("0.0.0.0"));
    let put = "PUT /log-filter?filter=debug";
    let without = build(on_network(set_up().0));
    assert_eq!(send(&without, put, LOCAL).await.0, 404);

    let with = build(on_network(set_up().0).controls_token("0123456789abcdef"));
    assert_eq!(send(&with, put, LOCAL).await.0, 401);
    let wrong = "host: a\r\nauthorization: Bearer 0123456789abcdeg\r\n";
    assert_eq!(send(&with, put, wrong).await.0, 401);
    let right = "host: a\r\nauthorization: Bearer 0123456789abcdef\r\n";
    assert_eq!(send(&with, put, right).await, (200, "debug".to_owned()));

    let short = set_up().0.controls_token("short").build_with(no_variable);
    assert!(short.unwrap_err().to_string().contains("controls_token"));
}
