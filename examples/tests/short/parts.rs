//! Parts that a service writes itself.

use crate::process::get;
use crate::running::{Running, Server, command};

#[tokio::test]
async fn observer_logs_slow_calls_only() {
    let mut server = Server::start("observer").await;
    assert_eq!(server.get("/").0, 200);
    assert_eq!(server.get("/report").0, 200);
    let slow = server.running.entry("slow call").await;
    assert_eq!(slow["route"], "/report", "{slow}");
    assert_eq!(slow["level"], "WARN", "{slow}");
    assert!(slow["trace_id"].is_string(), "{slow}");
    assert_eq!(server.stop().await, Some(0));
    let entries = server.running.entries();
    let slow = entries
        .iter()
        .filter(|entry| entry["message"] == "slow call");
    assert_eq!(slow.count(), 1);
}

#[tokio::test]
async fn policy_rejects_writes_while_it_is_on() {
    let mut server = Server::start("admission_policy").await;
    assert_eq!(server.send("POST", "/orders"), 200);
    assert_eq!(server.send("POST", "/read-only"), 200);
    assert_eq!(server.send("POST", "/orders"), 503);
    assert_eq!(server.send("GET", "/orders"), 200);

    assert_eq!(server.stop().await, Some(0));
    let calls = server.running.access_entries();
    let rejected: Vec<_> = calls
        .iter()
        .filter(|entry| entry["http.response.status_code"] == 503)
        .collect();
    assert_eq!(rejected.len(), 1, "{calls:?}");
    assert_ne!(rejected[0]["level"], "ERROR", "{}", rejected[0]);
}

#[tokio::test]
async fn killed_server_leaves_what_it_did_last() {
    let mut running = Running::start(&mut command("incident"));
    assert_eq!(running.exit_code().await, Some(0));
    let report = running.process.stdout();
    for line in [
        "shop (process ",
        "ended without a shutdown: it was killed",
        "change: breaker stock: open",
        "s: GET /reports/{id}",
        "It has ended by killed: ",
        "# shop: previous run",
        "| GET /reports/{id} | ",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
}

#[tokio::test]
async fn sign_ins_and_visitors_are_counted_without_names() {
    let mut server = Server::start("usage").await;
    assert_eq!(server.get("/items/7").0, 200);
    assert_eq!(server.send("POST", "/sign-in"), 401);
    let failed = server.running.entry("sign-in failed").await;
    assert_eq!(failed["event.category"], "authentication", "{failed}");
    assert_eq!(failed["event.outcome"], "failure", "{failed}");
    assert_eq!(failed["event.reason"], "wrong_credentials", "{failed}");
    assert!(failed["trace_id"].is_string(), "{failed}");
    let (_, page) = get(server.management, "/ops").unwrap();
    assert!(page.contains("page: /items/{id}"), "{page}");
    assert_eq!(server.stop().await, Some(0));
}

#[tokio::test]
async fn page_has_the_script_and_a_forged_beacon_is_counted() {
    let mut server = Server::start("browser").await;
    let (status, page) = server.get("/orders/7");
    assert_eq!(status, 200);
    assert!(page.contains(r#"src="/browser.js""#), "{page}");
    assert!(page.contains("server-timing: trace"), "{page}");
    assert_eq!(server.get("/browser.js").0, 200);
    assert_eq!(server.send("POST", "/browser.js"), 400, "an empty beacon");
    let metrics = server.metrics();
    let counted = metrics.lines().any(|line| {
        line.starts_with("gusset_browser_beacons_total{")
            && line.contains(r#""malformed""#)
            && line.ends_with(" 1")
    });
    assert!(counted, "{metrics}");
    assert_eq!(server.stop().await, Some(0));
}
