//! Ready-made checks, against real sockets. They wait for what happens, not for time.

use std::time::Duration;

use gusset_health::{Check, Health, Status, tcp};
use tokio::net::TcpListener;

/// What the first run of a check finds.
async fn first(check: Check) -> Status {
    let name = check.name().to_owned();
    let builder = Health::builder().handle_signals(false);
    let health = builder
        .health_check(check.initial_jitter(Duration::ZERO))
        .build()
        .unwrap();
    let _running = health.start().unwrap();
    loop {
        match health.check(&name).unwrap() {
            Status::Unknown => tokio::task::yield_now().await,
            status => return status,
        }
    }
}

#[tokio::test]
async fn tcp_is_up_where_something_listens_and_down_where_nothing_does() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert_eq!(first(tcp("there", address.clone())).await, Status::Up);
    drop(listener);
    assert_eq!(first(tcp("gone", address)).await, Status::Down);
}

#[cfg(feature = "http-check")]
#[tokio::test]
async fn http_is_up_by_the_status_of_the_answer() {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;
    use gusset_health::http_get;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/livez", get(async || "fine"))
        .route("/moved", get(async || StatusCode::FOUND))
        .route("/ill", get(async || StatusCode::SERVICE_UNAVAILABLE));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    for (path, status) in [
        ("/livez", Status::Up),
        ("/moved", Status::Up),
        ("/ill", Status::Down),
        ("/nowhere", Status::Down),
    ] {
        let check = http_get("stock", &format!("{base}{path}")).unwrap();
        assert_eq!(first(check).await, status, "{path}");
    }
    server.abort();
    let _ = server.await;
    let check = http_get("stock", &base).unwrap();
    assert_eq!(first(check).await, Status::Down);
    for uri in ["https://stock/", "stock", "/livez", "not a uri"] {
        assert_eq!(
            http_get("stock", uri).unwrap_err().setting(),
            "checks.stock.uri"
        );
    }
}

#[cfg(feature = "disk")]
#[tokio::test]
async fn a_disk_is_asked_for_its_room() {
    use gusset_health::DiskSpace;
    let disk = DiskSpace::new("/")
        .degraded_below(0.0)
        .down_below(0.0)
        .down_below_bytes(0);
    assert_eq!(first(disk.check("disk")).await, Status::Up);
    let disk = DiskSpace::new("/").down_below_bytes(u64::MAX);
    assert_eq!(first(disk.check("disk")).await, Status::Down);
    assert_eq!(
        first(DiskSpace::new("/no/such/place").check("disk")).await,
        Status::Down
    );
}
