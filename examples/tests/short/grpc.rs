//! The server and the client of tonic.

use crate::running::{Running, Server, command};

#[tokio::test]
async fn tonic_server_and_client_are_in_one_trace() {
    let mut server = Server::start("tonic_server").await;
    let url = format!("http://{}", server.address);
    let mut client = Running::start(command("tonic_client").env("SERVER", url));
    assert_eq!(client.exit_code().await, Some(0));

    let calls = client.access_entries();
    assert_eq!(calls.len(), 30);
    let call = &calls[0];
    assert_eq!(call["rpc.method"], "greeter.Greeter/Greet", "{call}");
    let served = server
        .running
        .access_entry("rpc.method", "greeter.Greeter/Greet")
        .await;
    let is_same = |call: &serde_json::Value| call["trace_id"] == served["trace_id"];
    assert!(calls.iter().any(is_same), "{served}");
    let page = server.metrics();
    let method = r#"rpc_method="greeter.Greeter/Greet""#;
    assert!(page.contains(method), "{page}");
    assert_eq!(server.stop().await, Some(0));
}

#[tokio::test]
async fn breaker_opens_while_the_tonic_server_is_down() {
    // Nothing listens on the port of a listener that is gone.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let mut client = Running::start(command("tonic_client").env("SERVER", url));
    assert_eq!(client.exit_code().await, Some(0));

    assert_eq!(
        client.access_entries().len(),
        30,
        "rejected calls are observed"
    );
    let page = client.process.stderr();
    let open =
        r#"gusset_breaker_state{gusset_breaker_name="greeter",gusset_breaker_state="open"} 1"#;
    assert!(page.contains(open), "{page}");
    assert!(
        page.contains("gusset_breaker_rejected_calls_total{"),
        "{page}"
    );
}
