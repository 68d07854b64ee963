//! A service with its own recorder.

use crate::process::get;
use crate::running::{Running, command};

#[tokio::test]
async fn page_of_the_service_has_the_metrics_of_gusset() {
    let mut running = Running::start(&mut command("recorders"));
    let listening = running.entry("listening").await;
    let address = listening["address"].as_str().unwrap().parse().unwrap();
    for _ in 0..3 {
        assert_eq!(get(address, "/users/7").unwrap().0, 200);
    }
    // A call ends when its response has been sent, which the client may see earlier.
    running.access_entry("url.path", "/users/7").await;
    let page = crate::process::until("three calls are measured", async || {
        let (_, page) = get(address, "/metrics").unwrap();
        let count = r#"http_server_request_duration_seconds_count{"#;
        let line = page.lines().find(|line| line.starts_with(count))?;
        line.ends_with(" 3").then(|| page.clone())
    })
    .await;
    for expected in [
        r#"http_route="/users/{id}""#,
        r#"http_server_request_duration_seconds_bucket{"#,
        r#"le="0.075""#,
        r#"http_server_response_body_size_bytes_bucket{"#,
        "# TYPE http_server_active_requests gauge",
        "users_found_total 3",
    ] {
        assert!(page.contains(expected), "{expected} in {page}");
    }
    let active = page
        .lines()
        .find(|line| line.starts_with("http_server_active_requests{"));
    assert!(active.unwrap().ends_with(" 0"), "{page}");
    assert!(!page.contains(r#"http_route="/metrics""#), "{page}");
    running.process.terminate();
    assert_eq!(running.exit_code().await, Some(0));
}
