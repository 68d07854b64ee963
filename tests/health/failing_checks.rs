//! Checks that hang, panic and flap do not delay probes and other checks, over a real socket.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_admin::ManagementServer;
use gusset_health::{Check, CheckResult, Health, LocalDependency, OptionalDependency, Status};
use gusset_tests::clients::with_timeout;

fn quick(check: Check) -> Check {
    check
        .interval(Duration::from_millis(20))
        .timeout(Duration::from_millis(40))
        .initial_jitter(Duration::ZERO)
        .max_interval(Duration::from_millis(20))
        .min_status_duration(Duration::ZERO)
        // A busy machine must not make a check stale.
        .stale_after(Duration::from_secs(10))
}

fn panics_quietly() -> CheckResult {
    std::panic::resume_unwind(Box::new("quietly"))
}

/// Returns the status of a probe, which is requested from a plain thread.
fn probe_status(address: SocketAddr, path: &str) -> u16 {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    let timeout = stream.set_read_timeout(Some(Duration::from_secs(10)));
    timeout.expect("sockets can be non-blocking");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream
        .write_all(request.as_bytes())
        .expect("the peer reads");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("a response");
    response[9..12].parse().expect("a status")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_checks_do_not_delay_probes() {
    let runs: [Arc<AtomicUsize>; 4] = Default::default();
    let [healthy, hangs, panics, flaps] = runs.clone();
    let count = |of: &AtomicUsize| of.fetch_add(1, Ordering::Relaxed);
    let healthy = Check::sync("healthy", move || {
        count(&healthy);
        CheckResult::up()
    });
    let hangs = Check::new("hangs", move || {
        count(&hangs);
        std::future::pending::<()>()
    });
    let panics = Check::new("panics", move || {
        count(&panics);
        async { panics_quietly() }
    });
    // Up twice and down twice, so never three times in a row.
    let flaps = Check::sync("flaps", move || match count(&flaps) % 4 {
        0 | 1 => CheckResult::up(),
        _ => CheckResult::down("for a moment"),
    });
    let health = Health::builder()
        .handle_signals(false)
        .readiness_check(LocalDependency(quick(healthy)))
        .readiness_check(LocalDependency(quick(flaps)))
        .health_check(OptionalDependency(quick(hangs)))
        .health_check(OptionalDependency(quick(panics)))
        .build()
        .expect("the settings are valid");
    let _running = health.start().expect("a runtime");
    health.lifecycle().mark_started();
    let server = ManagementServer::builder()
        .env(|_| None)
        .port(0)
        .mount(health.probe_routes())
        .start()
        .expect("a port");
    let address = server.local_addr();
    with_timeout(async {
        while runs.iter().any(|runs| runs.load(Ordering::Relaxed) == 0) || !health.is_ready() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    with_timeout(async {
        while runs.iter().any(|runs| runs.load(Ordering::Relaxed) < 20) {
            let statuses = tokio::task::spawn_blocking(move || {
                ["/livez", "/readyz", "/healthz"].map(|path| probe_status(address, path))
            });
            assert_eq!(statuses.await.expect("no panic"), [200; 3]);
        }
    })
    .await;
    assert_eq!(health.check("hangs"), Some(Status::Down));
    assert_eq!(health.check("panics"), Some(Status::Down));
    assert_eq!(health.check("healthy"), Some(Status::Up));
    assert_eq!(health.check("flaps"), Some(Status::Up));
    assert_eq!(health.status(), Status::Degraded);
}
