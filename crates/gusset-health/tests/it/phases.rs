//! The contract table: phase × endpoint.

use std::future::Future as _;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use gusset_health::{Exclusive, Health, Optional, Phase, Running};
use http::Request;
use http_body::Body as _;
use http_body_util::Full;
use tower_service::Service as _;

use crate::support::{Dial, SECOND, Time, settle, status};

/// What to do, and what the probes say then.
struct Row {
    name: &'static str,
    phase: Phase,
    livez: u16,
    readyz: u16,
    startupz: u16,
    /// The grade of the whole.
    whole: &'static str,
}

const fn row(
    name: &'static str,
    phase: Phase,
    [livez, readyz, startupz]: [u16; 3],
    whole: &'static str,
) -> Row {
    Row {
        name,
        phase,
        livez,
        readyz,
        startupz,
        whole,
    }
}

const TABLE: &[Row] = &[
    row("starting", Phase::Starting, [200, 503, 503], "down"),
    row("ready", Phase::Ready, [200, 200, 200], "up"),
    row("ready, degraded", Phase::Ready, [200, 200, 200], "degraded"),
    row(
        "not ready: exclusive down",
        Phase::Ready,
        [200, 503, 200],
        "down",
    ),
    row("not ready: held", Phase::Ready, [200, 503, 200], "down"),
    row("main runtime stuck", Phase::Ready, [503, 503, 200], "down"),
    row("draining", Phase::Draining, [200, 503, 200], "down"),
    row(
        "draining, later updates",
        Phase::Draining,
        [200, 503, 200],
        "down",
    ),
    row("stopping", Phase::Stopping, [200, 503, 200], "down"),
    row("stopped", Phase::Stopped, [200, 503, 200], "down"),
];

#[tokio::test(start_paused = true)]
async fn each_phase_answers_as_the_table_says() {
    for row in TABLE {
        let time = Time::new();
        let (index, mail) = (Dial::default(), Dial::default());
        let health = time
            .builder()
            .ready(Exclusive(index.quick("index")))
            .inform(Optional(mail.quick("mail")))
            .drain_delay(5 * SECOND)
            .build()
            .unwrap();
        let mut running = Some(health.start().unwrap());
        settle().await;
        let life = health.lifecycle();
        if row.name != "starting" {
            life.started();
        }
        match row.name {
            "ready, degraded" => mail.down(),
            "not ready: exclusive down" => index.down(),
            "not ready: held" => life.hold("by hand"),
            "main runtime stuck" => {
                // Nothing on it runs any more, and the clock goes on.
                running = None;
                time.pass(31 * SECOND).await;
            }
            "draining" => life.drain(),
            "draining, later updates" => {
                life.drain();
                life.started();
                life.release();
            }
            "stopping" => {
                life.drain();
                time.pass(5 * SECOND).await;
            }
            "stopped" => {
                let running = running.as_ref().unwrap();
                life.hurry();
                let farewell = running.serve(running.shutdown_signal()).await;
                assert!(farewell.is_clean());
                // Its silence says nothing now.
                time.pass(60 * SECOND).await;
            }
            _ => {}
        }
        // Three failures, a second apart; in `draining` the listener is still open then.
        time.pass(4 * SECOND).await;
        let name = row.name;
        assert_eq!(life.phase(), row.phase, "{name}: phase");
        assert_eq!(status(&health.livez()), row.livez, "{name}: /livez");
        assert_eq!(status(&health.readyz()), row.readyz, "{name}: /readyz");
        assert_eq!(
            status(&health.startupz()),
            row.startupz,
            "{name}: /startupz"
        );
        let serving = row.readyz == 200;
        assert_eq!(grpc_serves(&health), serving, "{name}: gRPC");
        if let Some(running) = &running {
            let open = row.phase < Phase::Stopping;
            assert_eq!(listens(running), open, "{name}: listener");
        }
        assert_eq!(health.status().as_str(), row.whole, "{name}: /healthz");
        drop(running);
    }
}

/// What gRPC's health service says of the whole.
fn grpc_serves(health: &Health) -> bool {
    let request = Request::post("/grpc.health.v1.Health/Check")
        .header("content-type", "application/grpc")
        .body(Full::<&[u8]>::new(&[0; 5][..]))
        .unwrap();
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(health.grpc().call(request)).poll(cx) else {
        panic!("it does not wait");
    };
    let mut body = response.into_body();
    let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut body).poll_frame(cx) else {
        panic!("it does not wait");
    };
    frame.into_data().unwrap()[..] == [0, 0, 0, 0, 2, 8, 1]
}

/// Whether the listener has not been told to close.
fn listens(running: &Running) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    pin!(running.shutdown_signal()).poll(cx).is_pending()
}

#[tokio::test(start_paused = true)]
async fn the_listener_stays_open_for_the_drain_delay_and_readiness_falls_at_once() {
    let time = Time::new();
    let health = time.builder().drain_delay(5 * SECOND).build().unwrap();
    let running = health.start().unwrap();
    health.lifecycle().started();
    let listener = tokio::spawn(running.shutdown_signal());
    let told = tokio::spawn(running.draining());
    time.pass(SECOND).await;
    assert!(!told.is_finished());

    health.lifecycle().drain();
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
    health.lifecycle().drain();
    settle().await;
    health.lifecycle().hurry();
    // No time passes.
    let farewell = running.serve(std::future::pending::<()>()).await;
    assert_eq!(farewell.served(), None);
    assert_eq!(health.lifecycle().phase(), Phase::Stopped);
}
