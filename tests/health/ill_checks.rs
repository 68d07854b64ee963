//! Checks that hang, panic and flap, in real time and over a real socket: the probes answer all the
//! while, and the check that is well is none the worse for it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gusset_admin::ManagementServer;
use gusset_health::{Check, LocalDependency, Health, OptionalDependency, CheckResult, Status};
use gusset_tests::clients::soon;

fn quick(check: Check) -> Check {
    check
        .interval(Duration::from_millis(20))
        .timeout(Duration::from_millis(40))
        .initial_jitter(Duration::ZERO)
        .max_interval(Duration::from_millis(20))
        .min_status_duration(Duration::ZERO)
        // A machine that is busy is not a check that is late.
        .stale_after(Duration::from_secs(10))
}

fn panics_quietly() -> CheckResult {
    std::panic::resume_unwind(Box::new("quietly"))
}

/// The status of a probe, asked from a plain thread.
fn ask(address: SocketAddr, path: &str) -> u16 {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let patience = stream.set_read_timeout(Some(Duration::from_secs(10)));
    patience.expect("sockets can");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer[9..12].parse().expect("a status")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_that_hang_panic_and_flap_hold_up_nobody() {
    let runs: [Arc<AtomicUsize>; 4] = Default::default();
    let [well, hangs, panics, flaps] = runs.clone();
    let count = |of: &AtomicUsize| of.fetch_add(1, Ordering::Relaxed);
    let well = Check::sync("well", move || {
        count(&well);
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
    // Twice well and twice not: never thrice in a row.
    let flaps = Check::sync("flaps", move || match count(&flaps) % 4 {
        0 | 1 => CheckResult::up(),
        _ => CheckResult::down("for a moment"),
    });
    let health = Health::builder()
        .handle_signals(false)
        .readiness_check(LocalDependency(quick(well)))
        .readiness_check(LocalDependency(quick(flaps)))
        .health_check(OptionalDependency(quick(hangs)))
        .health_check(OptionalDependency(quick(panics)))
        .build()
        .expect("a good configuration");
    let _running = health.start().expect("a runtime");
    health.lifecycle().mark_started();
    let server = ManagementServer::builder()
        .env(|_| None)
        .port(0)
        .mount(health.probe_routes())
        .start()
        .expect("a port");
    let address = server.local_addr();
    soon(async {
        while runs.iter().any(|runs| runs.load(Ordering::Relaxed) == 0) || !health.is_ready() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    soon(async {
        while runs.iter().any(|runs| runs.load(Ordering::Relaxed) < 20) {
            let asked = tokio::task::spawn_blocking(move || {
                ["/livez", "/readyz", "/healthz"].map(|path| ask(address, path))
            });
            assert_eq!(asked.await.expect("no panic"), [200; 3]);
        }
    })
    .await;
    assert_eq!(health.check("hangs"), Some(Status::Down));
    assert_eq!(health.check("panics"), Some(Status::Down));
    assert_eq!(health.check("well"), Some(Status::Up));
    assert_eq!(health.check("flaps"), Some(Status::Up));
    assert_eq!(health.status(), Status::Degraded);
}
