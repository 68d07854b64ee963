//! The table of phases and endpoints in `docs/health.md`.

mod scene;

use gusset_health::Phase;
use http::Request;

use self::scene::{Grpc, Requests, Scene, TOKEN, is_listening};
use crate::support::{SECOND, Time, get, send, settle, status};

/// The expected behaviour in a phase. `None` is not specified. `Scene::enter` enters the phase.
struct Row {
    phase: &'static str,
    livez: Option<u16>,
    readyz: Option<u16>,
    startupz: Option<u16>,
    grpc: Option<Grpc>,
    /// Whether the listener is open.
    open: Option<bool>,
    requests: Option<Requests>,
    /// The notifications that systemd must have received, and those that it must not.
    notified: &'static [&'static str],
    not_notified: &'static [&'static str],
}

#[allow(clippy::too_many_arguments, reason = "a row of the table")]
const fn row(
    phase: &'static str,
    livez: Option<u16>,
    readyz: Option<u16>,
    startupz: Option<u16>,
    grpc: Option<Grpc>,
    open: Option<bool>,
    requests: Option<Requests>,
    notified: &'static [&'static str],
    not_notified: &'static [&'static str],
) -> Row {
    Row {
        phase,
        livez,
        readyz,
        startupz,
        grpc,
        open,
        requests,
        notified,
        not_notified,
    }
}

const OK: Option<u16> = Some(200);
const NO: Option<u16> = Some(503);
const SERVING: Option<Grpc> = Some(Grpc::Serving);
const NOT: Option<Grpc> = Some(Grpc::NotServing);
const ENDED: Option<Grpc> = Some(Grpc::Ended);
const OPEN: Option<bool> = Some(true);
const CLOSED: Option<bool> = Some(false);
const REJECTED: Option<Requests> = Some(Requests::Rejected);
const SERVED: Option<Requests> = Some(Requests::Served);
const CLOSING: Option<Requests> = Some(Requests::ServedAndClosed);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    //  phase                /livez /readyz /startupz gRPC ""  listener requests  systemd: sent, and not sent
    row("Starting",            OK,    NO,     NO,     NOT,     OPEN,    REJECTED, &["STATUS=migration 3 of 7", "WATCHDOG=1"], &["READY=1"]),
    row("Starting too long",   NO,    NO,     NO,     NOT,     OPEN,    REJECTED, &[], &["READY=1"]),
    row("Ready",               OK,    OK,     OK,     SERVING, OPEN,    SERVED,  &["READY=1", "WATCHDOG=1"], &["STOPPING=1"]),
    row("Ready+degraded",      OK,    OK,     OK,     SERVING, OPEN,    SERVED,  &["READY=1"], &[]),
    row("NotReady: local",     OK,    NO,     OK,     NOT,     OPEN,    SERVED,  &["READY=1"], &["STOPPING=1"]),
    row("NotReady: manual",    OK,    NO,     OK,     NOT,     OPEN,    SERVED,  &["STATUS=manual"], &["STOPPING=1"]),
    row("Draining",            OK,    NO,     OK,     NOT,     OPEN,    CLOSING,    &["STOPPING=1", "EXTEND_TIMEOUT_USEC=10000000"], &[]),
    row("Draining, not undone", OK,    NO,     OK,     NOT,     OPEN,    CLOSING,    &["STOPPING=1"], &[]),
    row("Stopping",            OK,    NO,     OK,     ENDED,    CLOSED,  None,    &["STOPPING=1", "EXTEND_TIMEOUT_USEC=10000000"], &[]),
    row("Main runtime stuck",  NO,    NO,     None,   None,    None,    None,    &[], &["WATCHDOG=1"]),
    row("second SIGTERM",      OK,    NO,     OK,     ENDED,    CLOSED,  None,    &["STOPPING=1"], &[]),
    row("Stopped",             OK,    NO,     OK,     ENDED,    CLOSED,  None,    &[], &[]),
];

#[tokio::test(start_paused = true)]
async fn phases_match_the_table() {
    for (index, row) in TABLE.iter().enumerate() {
        let mut scene = Scene::new(index).await;
        scene.enter(row.phase).await;
        let (phase, health) = (row.phase, scene.health.clone());
        let probe = |probe| Some(status(&probe));
        if row.livez.is_some() {
            assert_eq!(probe(health.livez()), row.livez, "{phase}: /livez");
        }
        if row.readyz.is_some() {
            assert_eq!(probe(health.readyz()), row.readyz, "{phase}: /readyz");
        }
        if row.startupz.is_some() {
            assert_eq!(probe(health.startupz()), row.startupz, "{phase}: /startupz");
        }
        if row.grpc.is_some() {
            assert_eq!(Some(scene.grpc()), row.grpc, "{phase}: gRPC");
        }
        if let (Some(open), Some(runtime)) = (row.open, &scene.runtime) {
            assert_eq!(is_listening(runtime), open, "{phase}: listener");
        }
        if row.requests.is_some() {
            assert_eq!(Some(scene.requests()), row.requests, "{phase}: requests");
        }
        // Only detailed responses have `x-health`.
        let request = Request::builder().header("authorization", format!("Bearer {TOKEN}"));
        let detailed = send(&health.readyz(), &request.body(()).unwrap());
        let degraded = detailed.headers().contains_key("x-health");
        assert_eq!(degraded, phase == "Ready+degraded", "{phase}: x-health");
        assert!(
            !get(&health.readyz()).headers().contains_key("x-health"),
            "{phase}: x-health"
        );
        scene.systemd.check(phase, row.notified, row.not_notified);
    }
}

#[tokio::test(start_paused = true)]
async fn readiness_fails_before_the_listener_closes() {
    let time = Time::new();
    let health = time.builder().drain_delay(5 * SECOND).build().unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().mark_started();
    let listener = tokio::spawn(runtime.shutdown_signal());
    let draining = tokio::spawn(runtime.draining());
    time.pass(SECOND).await;
    assert!(!draining.is_finished());

    health.lifecycle().begin_shutdown();
    assert_eq!(status(&health.readyz()), 503);
    settle().await;
    assert!(draining.is_finished());
    time.pass(4 * SECOND + SECOND / 2).await;
    assert!(!listener.is_finished(), "still serving");
    time.pass(SECOND / 2).await;
    assert!(listener.is_finished());
    assert_eq!(health.lifecycle().phase(), Phase::Stopping);
}

#[tokio::test(start_paused = true)]
async fn forced_shutdown_skips_delay_and_deadline() {
    let time = Time::new();
    let health = time.builder().drain_delay(5 * SECOND).build().unwrap();
    let runtime = health.start().unwrap();
    health.lifecycle().begin_shutdown();
    settle().await;
    health.lifecycle().force_shutdown();
    // The clock does not advance.
    let report = runtime.serve(std::future::pending::<()>()).await;
    assert_eq!(report.server_output(), None);
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
}

#[test]
fn table_has_every_phase() {
    for phase in Phase::ALL {
        let is_row = |row: &Row| row.phase.to_lowercase().starts_with(phase.as_str());
        assert!(TABLE.iter().any(is_row), "{phase}");
    }
}
