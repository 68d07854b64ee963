//! The contract table: phase × endpoint.

use std::convert::Infallible;
use std::future::{Future as _, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use gusset_core::{GuardLayer, Refused};
use gusset_health::{Exclusive, GrpcHealthBody, Health, Optional, Phase, Running};
use gusset_http::{Http, unavailable};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::{Dial, SECOND, Time, ask, get, settle, status};

const TOKEN: &str = "correct-horse-battery";

/// What gRPC says of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Grpc {
    Serving,
    Not,
    /// Its streams are told UNAVAILABLE, so that they do not hold up the listener.
    Ends,
}

/// What becomes of a new request.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Requests {
    Refused,
    Served,
    /// With `Connection: close`.
    Last,
}

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
const REFUSED: Option<Requests> = Some(Requests::Refused);
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

struct Scene {
    time: Time,
    index: Dial,
    mail: Dial,
    health: Health,
    running: Option<Running>,
    watch: GrpcHealthBody,
    systemd: Systemd,
}

// === impl Scene ===

impl Scene {
    async fn new(row: usize) -> Self {
        let time = Time::new();
        let (index, mail) = (Dial::default(), Dial::default());
        let systemd = Systemd::new(row);
        let builder = time
            .builder()
            .ready(Exclusive(index.quick("index")))
            .inform(Optional(mail.quick("mail")))
            .drain_delay(5 * SECOND)
            .start_deadline(60 * SECOND)
            .detail_token(TOKEN);
        let health = systemd.tell(builder).build().unwrap();
        let running = Some(health.start().unwrap());
        settle().await;
        let watch = watch(&health);
        Self {
            time,
            index,
            mail,
            health,
            running,
            watch,
            systemd,
        }
    }

    /// Brings the service there, from a start of some moments ago.
    async fn arrange(&mut self, phase: &str) {
        let (time, life) = (&self.time, self.health.lifecycle().clone());
        match phase {
            "Starting" => life.progress("migration 3 of 7"),
            "Starting too long" => time.pass(61 * SECOND).await,
            _ => life.started(),
        }
        // So that `READY=1` was heard before what follows.
        settle().await;
        match phase {
            "Ready+degraded" => self.mail.down(),
            "NotReady: exclusive" => self.index.down(),
            "NotReady: manual" => life.hold("by hand"),
            "Main runtime stuck" => {
                // Nothing on it runs any more, and the clock goes on.
                self.running = None;
                self.systemd.forget();
                time.pass(31 * SECOND).await;
            }
            "Draining" => life.drain(),
            "Draining, latched" => {
                life.drain();
                life.started();
                life.release();
            }
            "Stopping" => {
                life.drain();
                time.pass(5 * SECOND).await;
            }
            "second SIGTERM" => {
                life.drain();
                settle().await;
                life.hurry();
                settle().await;
                // No time has passed.
                assert_eq!(life.phase(), Phase::Stopping);
                return;
            }
            "Stopped" => {
                let running = self.running.as_ref().unwrap();
                life.hurry();
                assert!(running.serve(running.shutdown_signal()).await.is_clean());
                // Its silence says nothing now.
                time.pass(60 * SECOND).await;
            }
            _ => {}
        }
        // Three failures, a second apart; in `Draining` the listener is still open then.
        time.pass(4 * SECOND).await;
    }

    fn grpc(&mut self) -> Grpc {
        let cx = &mut Context::from_waker(Waker::noop());
        // The stream has more to say as long as it has not caught up.
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut self.watch).poll_frame(cx) {
            if let Ok(trailers) = frame.into_trailers() {
                assert_eq!(trailers["grpc-status"], "14");
                return Grpc::Ends;
            }
        }
        if checked(&self.health) {
            Grpc::Serving
        } else {
            Grpc::Not
        }
    }

    fn requests(&self) -> Requests {
        let cx = &mut Context::from_waker(Waker::noop());
        let guard = GuardLayer::<Http, _>::new(self.health.start_guard())
            .respond_with(|refused: Refused| unavailable::<Full<&[u8]>>(&refused));
        let service = self.health.drain_layer().layer(guard.layer(Plain));
        let mut call = |version| {
            let mut request = Request::new(Full::<&[u8]>::default());
            *request.version_mut() = version;
            let Poll::Ready(Ok(response)) = pin!(service.clone().call(request)).poll(cx) else {
                panic!("it does not wait");
            };
            let close = response.headers().get("connection").cloned();
            (response.status().as_u16(), close)
        };
        let (h2, close) = call(http::Version::HTTP_2);
        assert_eq!(close, None, "HTTP/2 has no such header");
        match call(http::Version::HTTP_11) {
            (503, None) if h2 == 503 => Requests::Refused,
            (200, None) if h2 == 200 => Requests::Served,
            (200, Some(close)) if h2 == 200 && close == "close" => Requests::Last,
            other => panic!("{other:?}"),
        }
    }
}

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
        scene.systemd.check(row);
    }
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

/// The table above has each phase.
#[test]
fn no_phase_is_left_out() {
    for phase in Phase::ALL {
        let named = |row: &Row| row.phase.to_lowercase().starts_with(phase.as_str());
        assert!(TABLE.iter().any(named), "{phase}");
    }
}

#[derive(Clone)]
struct Plain;

impl tower_service::Service<Request<Full<&'static [u8]>>> for Plain {
    type Response = Response<Full<&'static [u8]>>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Full<&'static [u8]>>) -> Self::Future {
        ready(Ok(Response::default()))
    }
}

fn grpc(health: &Health, method: &str) -> GrpcHealthBody {
    let request = Request::post(format!("/grpc.health.v1.Health/{method}"))
        .header("content-type", "application/grpc")
        .body(Full::<&[u8]>::new(&[0; 5][..]))
        .unwrap();
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Ok(response)) = pin!(health.grpc().call(request)).poll(cx) else {
        panic!("it does not wait");
    };
    response.into_body()
}

/// What gRPC's health service says of the whole.
fn checked(health: &Health) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut grpc(health, "Check")).poll_frame(cx) else {
        panic!("it does not wait");
    };
    frame.into_data().unwrap()[..] == [0, 0, 0, 0, 2, 8, 1]
}

/// A watcher of the whole, from the start.
fn watch(health: &Health) -> GrpcHealthBody {
    grpc(health, "Watch")
}

/// Whether the listener has not been told to close.
fn listens(running: &Running) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    pin!(running.shutdown_signal()).poll(cx).is_pending()
}

/// What systemd hears, where there is that feature.
#[cfg(all(feature = "systemd", target_os = "linux"))]
struct Systemd(std::os::unix::net::UnixDatagram, String);

#[cfg(all(feature = "systemd", target_os = "linux"))]
impl Systemd {
    fn new(row: usize) -> Self {
        let (socket, name) = crate::systemd::socket(&format!("phase-{row}"));
        Self(socket, name)
    }

    fn tell(&self, builder: gusset_health::HealthBuilder) -> gusset_health::HealthBuilder {
        builder.systemd_of(|variable| match variable {
            "NOTIFY_SOCKET" => Some(self.1.clone()),
            "WATCHDOG_USEC" => Some("4000000".to_owned()),
            _ => None,
        })
    }

    fn forget(&self) {
        crate::systemd::told(&self.0);
    }

    fn check(&self, row: &Row) {
        let told = crate::systemd::told(&self.0);
        let heard = |line: &&str| told.iter().any(|told| told == *line);
        let (phase, wanted) = (row.phase, row.told.iter().all(heard));
        assert!(wanted, "{phase}: systemd was told {told:?}");
        let unwanted = row.untold.iter().any(heard);
        assert!(!unwanted, "{phase}: systemd was told {told:?}");
        let ready = told.iter().filter(|line| *line == "READY=1").count();
        assert!(ready <= 1, "{phase}: systemd was told {told:?}");
    }
}

#[cfg(not(all(feature = "systemd", target_os = "linux")))]
struct Systemd;

#[cfg(not(all(feature = "systemd", target_os = "linux")))]
impl Systemd {
    fn new(_: usize) -> Self {
        Self
    }

    fn tell(&self, builder: gusset_health::HealthBuilder) -> gusset_health::HealthBuilder {
        builder
    }

    fn forget(&self) {}

    fn check(&self, Row { told, untold, .. }: &Row) {
        let _ = (told, untold);
    }
}
