//! The management listener: its own thread, the main runtime's heartbeat.

use std::future::{Ready, ready};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use gusset_core::Clock;
use gusset_health::{Health, Optional};
use gusset_http::{Endpoint, RequestHead};
use http::Response;
use http_body_util::Full;

use crate::support::{Dial, SECOND};

/// What is answered, head and body.
fn ask(address: SocketAddr, path: &str, header: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(10 * SECOND)).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn on_this_machine_details_are_for_everybody() {
    let check = Optional(Dial::default().check("mail"));
    let health = Health::builder().inform(check).build().unwrap();
    let management = health.management().port(0).start().unwrap();
    let address = management.local_addr();
    assert!(address.ip().is_loopback());
    let answer = ask(address, "/healthz", "");
    assert!(
        answer.contains(r#""mail":[{"componentType":"optional""#),
        "{answer}"
    );
    for (path, status) in [("/livez", 200), ("/health/ready", 503), ("/nothing", 404)] {
        assert!(
            ask(address, path, "").starts_with(&format!("HTTP/1.1 {status} ")),
            "{path}"
        );
    }
    management.shutdown();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn another_address_takes_a_token_or_a_word() {
    let everywhere = Ipv4Addr::UNSPECIFIED;
    let bare = Health::builder().build().unwrap();
    let refused = bare.management().address(everywhere).port(0).start();
    assert!(refused.unwrap_err().to_string().starts_with("`address`"));
    assert!(
        bare.management()
            .address(everywhere)
            .port(0)
            .open_to_all()
            .start()
            .is_ok()
    );

    let health = Health::builder()
        .detail_token("correct-horse-battery")
        .build()
        .unwrap();
    let management = health
        .management()
        .address(everywhere)
        .port(0)
        .start()
        .unwrap();
    let address = (Ipv4Addr::LOCALHOST, management.local_addr().port()).into();
    assert!(ask(address, "/livez", "").ends_with("\r\n\r\n{\"status\":\"pass\"}"));
    let answer = ask(
        address,
        "/livez",
        "authorization: Bearer correct-horse-battery\r\n",
    );
    assert!(answer.contains("main-runtime"), "{answer}");
}

#[test]
fn a_main_runtime_that_is_stuck_is_not_live_while_the_listener_answers() {
    let (clock, hand) = Clock::manual();
    let health = Health::builder()
        .clock(clock)
        .signals(false)
        .build()
        .unwrap();
    let management = health.management().port(0).start().unwrap();
    let address = management.local_addr();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let _running = health.start().unwrap();
        health.lifecycle().started();
        assert!(ask(address, "/livez", "").starts_with("HTTP/1.1 200 "));
        assert!(ask(address, "/readyz", "").starts_with("HTTP/1.1 200 "));
        // This thread is the main runtime's only one, and it does not wait but blocks.
        hand.advance(Duration::from_secs(31));
        assert!(ask(address, "/livez", "").starts_with("HTTP/1.1 503 "));
        assert!(ask(address, "/readyz", "").starts_with("HTTP/1.1 503 "));
        assert!(ask(address, "/startupz", "").starts_with("HTTP/1.1 200 "));
    });
}

#[test]
fn it_stops_last() {
    let health = Health::builder().signals(false).build().unwrap();
    let management = health.management().port(0).start().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let address = management.local_addr();
    runtime.block_on(async {
        let running = health.start().unwrap();
        health.lifecycle().hurry();
        let _farewell = running.serve(running.shutdown_signal()).await;
    });
    drop(runtime);
    assert!(ask(address, "/livez", "").starts_with("HTTP/1.1 200 "));
    let answer = ask(address, "/readyz", "");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains(r#""phase":"stopped""#));
}

#[test]
fn other_endpoints_are_mounted_beside_and_probes_are_not_replaced() {
    struct Page;
    impl Endpoint for Page {
        type Future = Ready<Response<Full<Bytes>>>;
        fn answer(&self, _: RequestHead<'_>) -> Self::Future {
            ready(Response::new("a page".into()))
        }
    }
    let health = Health::builder().build().unwrap();
    let management = health
        .management()
        .port(0)
        .mount("/metrics", Page)
        .start()
        .unwrap();
    assert!(ask(management.local_addr(), "/metrics", "").ends_with("\r\n\r\na page"));
    for path in ["/livez", "metrics"] {
        let refused = health.management().port(0).mount(path, Page).start();
        assert!(refused.unwrap_err().to_string().contains(path));
    }
}
