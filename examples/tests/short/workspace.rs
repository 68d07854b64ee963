//! Two services of one workspace.

use crate::running::{Server, command};

#[tokio::test]
async fn services_of_a_workspace_share_settings_and_traces() {
    let mut payments = Server::start("workspace_payments").await;
    let url = format!("http://{}", payments.address);
    let mut orders = Server::start_command(command("workspace_orders").env("PAYMENTS", url)).await;
    assert_eq!(orders.send("POST", "/orders"), 200);

    let charged = payments.running.entry("charged").await;
    assert_eq!(orders.stop().await, Some(0));
    assert_eq!(payments.stop().await, Some(0));
    let calls = orders.running.access_entries();
    assert_eq!(calls.len(), 2, "that of the client and its own: {calls:?}");
    for call in calls {
        assert_eq!(call["trace_id"], charged["trace_id"], "{call}");
        assert_eq!(call["request_id"], charged["request_id"], "{call}");
    }
}

#[tokio::test]
async fn services_of_a_workspace_have_names_of_their_own() {
    for (example, name) in [
        ("workspace_payments", "payments"),
        ("workspace_orders", "orders"),
    ] {
        let mut server = Server::start(example).await;
        let page = server.metrics();
        let info = page.lines().find(|line| line.starts_with("target_info{"));
        let info = info.unwrap_or_else(|| panic!("{page}"));
        let name = format!("service_name=\"{name}\"");
        assert!(info.contains(&name), "{info}");
        assert!(info.contains(r#"service_namespace="shop""#), "{info}");
        assert_eq!(server.stop().await, Some(0));
    }
}
