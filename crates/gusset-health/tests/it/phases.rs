//! The contract table: phase × endpoint.

mod scene;

use gusset_health::Phase;
use http::Request;

use self::scene::{Grpc, Requests, Scene, TOKEN, listens};
use crate::support::{SECOND, Time, ask, get, settle, status};

/// What to do is in `arrange`; what is seen then is here. `None` is not laid down.
struct Row {
    phase: &'static str,
    livez: Option<u16>,
    readyz: Option<u16>,
    startupz: Option<u16>,
    grpc: Option<Grpc>,
    /// Whether the listener has not been told to close.
    open: Option<bool>,
    requests: Option<Requests>,
    /// What systemd has been told by then, and what it must not have been told.
    told: &'static [&'static str],
    untold: &'static [&'static str],
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
    told: &'static [&'static str],
    untold: &'static [&'static str],
) -> Row {
    Row {
        phase,
        livez,
        readyz,
        startupz,
        grpc,
        open,
        requests,
        told,
        untold,
    }
}

const OK: Option<u16> = Some(200);
const NO: Option<u16> = Some(503);
const SERVING: Option<Grpc> = Some(Grpc::Serving);
const NOT: Option<Grpc> = Some(Grpc::Not);
const ENDS: Option<Grpc> = Some(Grpc::Ends);
const OPEN: Option<bool> = Some(true);
const CLOSED: Option<bool> = Some(false);
const REFUSED: Option<Requests> = Some(Requests::Rejected);
const SERVED: Option<Requests> = Some(Requests::Served);
const LAST: Option<Requests> = Some(Requests::Last);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    //  phase                /livez /readyz /startupz gRPC ""  listener requests  systemd: told, and not told
    row("Starting",            OK,    NO,     NO,     NOT,     OPEN,    REFUSED, &["STATUS=migration 3 of 7", "WATCHDOG=1"], &["READY=1"]),
    row("Starting too long",   NO,    NO,     NO,     NOT,     OPEN,    REFUSED, &[], &["READY=1"]),
    row("Ready",               OK,    OK,     OK,     SERVING, OPEN,    SERVED,  &["READY=1", "WATCHDOG=1"], &["STOPPING=1"]),
    row("Ready+degraded",      OK,    OK,     OK,     SERVING, OPEN,    SERVED,  &["READY=1"], &[]),
    row("NotReady: exclusive", OK,    NO,     OK,     NOT,     OPEN,    SERVED,  &["READY=1"], &["STOPPING=1"]),
    row("NotReady: manual",    OK,    NO,     OK,     NOT,     OPEN,    SERVED,  &["STATUS=by hand"], &["STOPPING=1"]),
    row("Draining",            OK,    NO,     OK,     NOT,     OPEN,    LAST,    &["STOPPING=1", "EXTEND_TIMEOUT_USEC=10000000"], &[]),
    row("Draining, latched",   OK,    NO,     OK,     NOT,     OPEN,    LAST,    &["STOPPING=1"], &[]),
    row("Stopping",            OK,    NO,     OK,     ENDS,    CLOSED,  None,    &["STOPPING=1", "EXTEND_TIMEOUT_USEC=10000000"], &[]),
    row("Main runtime stuck",  NO,    NO,     None,   None,    None,    None,    &[], &["WATCHDOG=1"]),
    row("second SIGTERM",      OK,    NO,     OK,     ENDS,    CLOSED,  None,    &["STOPPING=1"], &[]),
    row("Stopped",             OK,    NO,     OK,     ENDS,    CLOSED,  None,    &[], &[]),
];

#[tokio::test(start_paused = true)]
async fn each_phase_answers_as_the_table_says() {
    for (at, row) in TABLE.iter().enumerate() {
        let mut scene = Scene::new(at).await;
        scene.arrange(row.phase).await;
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
        if let (Some(open), Some(running)) = (row.open, &scene.running) {
            assert_eq!(listens(running), open, "{phase}: listener");
        }
        if row.requests.is_some() {
            assert_eq!(Some(scene.requests()), row.requests, "{phase}: requests");
        }
        // On detailed answers alone.
        let request = Request::builder().header("authorization", format!("Bearer {TOKEN}"));
        let detailed = ask(&health.readyz(), &request.body(()).unwrap());
        let degraded = detailed.headers().contains_key("x-health");
        assert_eq!(degraded, phase == "Ready+degraded", "{phase}: x-health");
        assert!(
            !get(&health.readyz()).headers().contains_key("x-health"),
            "{phase}: x-health"
        );
        scene.systemd.check(phase, row.told, row.untold);
    }
}

#[tokio::test(start_paused = true)]
async fn the_listener_stays_open_for_the_drain_delay_and_readiness_falls_at_once() {
    let time = Time::new();
    let health = time.builder().drain_delay(5 * SECOND).build().unwrap();
    let running = health.start().unwrap();
    health.lifecycle().mark_started();
    let listener = tokio::spawn(running.shutdown_signal());
    let told = tokio::spawn(running.draining());
    time.pass(SECOND).await;
    assert!(!told.is_finished());

    health.lifecycle().begin_shutdown();
    assert_eq!(status(&health.readyz()), 503);
    settle().await;
    assert!(told.is_finished());
    time.pass(4 * SECOND + SECOND / 2).await;
    assert!(!listener.is_finished(), "still serving");
    time.pass(SECOND / 2).await;
    assert!(listener.is_finished());
    assert_eq!(health.lifecycle().phase(), Phase::Stopping);
}

#[tokio::test(start_paused = true)]
async fn a_second_signal_skips_the_drain_and_the_deadline() {
    let time = Time::new();
    let health = time.builder().drain_delay(5 * SECOND).build().unwrap();
    let running = health.start().unwrap();
    health.lifecycle().begin_shutdown();
    settle().await;
    health.lifecycle().force_shutdown();
    // No time passes.
    let report = running.serve(std::future::pending::<()>()).await;
    assert_eq!(report.server_output(), None);
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
}

/// The table above has each phase.
#[test]
fn no_phase_is_left_out() {
    for phase in Phase::ALL {
        let named = |row: &Row| row.phase.to_lowercase().starts_with(phase.as_str());
        assert!(TABLE.iter().any(named), "{phase}");
    }
}
