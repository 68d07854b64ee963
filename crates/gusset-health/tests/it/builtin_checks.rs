//! Ready-made checks with real sockets.

use std::time::Duration;

use gusset_health::{Check, Health, Status};
use tokio::net::TcpListener;

/// Returns the status after the first run.
async fn first_status(check: Check) -> Status {
    let name = check.name().to_owned();
    let builder = Health::builder().handle_signals(false);
    let health = builder
        .health_check(check.initial_jitter(Duration::ZERO))
        .build()
        .unwrap();
    let _runtime = health.start().unwrap();
    loop {
        match health.check(&name).unwrap() {
            Status::Unknown => tokio::task::yield_now().await,
            status => return status,
        }
    }
}

#[tokio::test]
async fn tcp_check_needs_a_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    assert_eq!(
        first_status(Check::tcp("open", address.clone())).await,
        Status::Up
    );
    drop(listener);
    assert_eq!(
        first_status(Check::tcp("closed", address)).await,
        Status::Down
    );
}

#[cfg(feature = "http-check")]
#[tokio::test]
async fn http_check_follows_from_the_response_status() {
    use axum::Router;
    use axum::http::StatusCode;
    use axum::routing::get;

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new()
        .route("/livez", get(async || "ok"))
        .route("/moved", get(async || StatusCode::FOUND))
        .route("/failing", get(async || StatusCode::SERVICE_UNAVAILABLE));
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    for (path, status) in [
        ("/livez", Status::Up),
        ("/moved", Status::Up),
        ("/failing", Status::Down),
        ("/missing", Status::Down),
    ] {
        let check = Check::http("stock", &format!("{base}{path}")).unwrap();
        assert_eq!(first_status(check).await, status, "{path}");
    }
    server.abort();
    let _ = server.await;
    let check = Check::http("stock", &base).unwrap();
    assert_eq!(first_status(check).await, Status::Down);
    for uri in ["https://stock/", "stock", "/livez", "not a uri"] {
        assert_eq!(
            Check::http("stock", uri).unwrap_err().setting(),
            "checks.stock.uri"
        );
    }
}

#[cfg(feature = "disk")]
#[tokio::test]
async fn disk_check_compares_free_space() {
    use gusset_health::DiskSpace;
    let disk = DiskSpace::new("/")
        .degraded_below(0.0)
        .down_below(0.0)
        .down_below_bytes(0);
    assert_eq!(first_status(disk.check("disk")).await, Status::Up);
    let disk = DiskSpace::new("/").down_below_bytes(u64::MAX);
    assert_eq!(first_status(disk.check("disk")).await, Status::Down);
    assert_eq!(
        first_status(DiskSpace::new("/no/such/place").check("disk")).await,
        Status::Down
    );
}

#[cfg(feature = "certificates")]
#[tokio::test]
async fn certificates_are_degraded_days_before_they_expire() {
    use gusset_health::CertificateFile;
    use std::time::{Duration, SystemTime};

    const ONE_DAY: Duration = Duration::from_secs(24 * 3600);
    let issue = |year| {
        let mut parameters = rcgen::CertificateParams::new(vec!["shop.test".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(year, 3, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        parameters.self_signed(&key).unwrap().pem()
    };
    let expires = |year| SystemTime::from(rcgen::date_time_ymd(year, 3, 1));
    // The chain expires when its first certificate does.
    let chain = [issue(2041), issue(2040)].concat();
    let file = CertificateFile::new("unused").degraded_days_before(10);
    let status = |now| file.evaluate(chain.as_bytes(), now).status();
    assert_eq!(status(expires(2040) - 11 * ONE_DAY), Status::Up);
    assert_eq!(status(expires(2040) - 9 * ONE_DAY), Status::Degraded);
    assert_eq!(status(expires(2040) + ONE_DAY), Status::Down);
    for broken in [
        "",
        "not a certificate",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        let result = file.evaluate(broken.as_bytes(), expires(2040) - 11 * ONE_DAY);
        assert_eq!(result.status(), Status::Down, "{broken}");
    }
    let missing = CertificateFile::new("/no/such/file").check("certificate");
    assert_eq!(first_status(missing).await, Status::Down);
}
