//! A service that is brought into a phase, and what is seen of it.

use std::convert::Infallible;
use std::future::{Future as _, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use gusset_core::{AdmissionLayer, Rejected};
use gusset_health::{
    GrpcHealthBody, Health, HealthRuntime, LocalDependency, OptionalDependency, Phase,
};
use gusset_http::{Http, service_unavailable};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::{Dial, SECOND, Time, settle};

pub(super) const TOKEN: &str = "correct-horse-battery";

/// What gRPC says of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grpc {
    Serving,
    Not,
    /// Its streams are told UNAVAILABLE, so that they do not hold up the listener.
    Ends,
}

/// What becomes of a new request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Requests {
    Rejected,
    Served,
    /// With `Connection: close`.
    Last,
}

/// A service in a phase, seen from all sides.
pub(super) struct Scene {
    time: Time,
    index: Dial,
    mail: Dial,
    pub(super) health: Health,
    pub(super) running: Option<HealthRuntime>,
    watch: GrpcHealthBody,
    pub(super) systemd: Systemd,
}

// === impl Scene ===

impl Scene {
    pub(super) async fn new(row: usize) -> Self {
        let time = Time::new();
        let (index, mail) = (Dial::default(), Dial::default());
        let systemd = Systemd::new(row);
        let builder = time
            .builder()
            .readiness_check(LocalDependency(index.quick("index")))
            .health_check(OptionalDependency(mail.quick("mail")))
            .drain_delay(5 * SECOND)
            .start_deadline(60 * SECOND)
            .details_token(TOKEN);
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
    pub(super) async fn arrange(&mut self, phase: &str) {
        let (time, life) = (&self.time, self.health.lifecycle().clone());
        match phase {
            "Starting" => life.report_progress("migration 3 of 7"),
            "Starting too long" => time.pass(61 * SECOND).await,
            _ => life.mark_started(),
        }
        // So that `READY=1` was heard before what follows.
        settle().await;
        match phase {
            "Ready+degraded" => self.mail.down(),
            "NotReady: exclusive" => self.index.down(),
            "NotReady: manual" => life.set_unready("by hand"),
            "Main runtime stuck" => {
                // Nothing on it runs any more, and the clock goes on.
                self.running = None;
                self.systemd.forget();
                time.pass(31 * SECOND).await;
            }
            "Draining" => life.begin_shutdown(),
            "Draining, latched" => {
                life.begin_shutdown();
                life.mark_started();
                life.clear_unready();
            }
            "Stopping" => {
                life.begin_shutdown();
                time.pass(5 * SECOND).await;
            }
            "second SIGTERM" => {
                life.begin_shutdown();
                settle().await;
                life.force_shutdown();
                settle().await;
                // No time has passed.
                assert_eq!(life.phase(), Phase::Stopping);
                return;
            }
            "Stopped" => {
                let running = self.running.as_ref().unwrap();
                life.force_shutdown();
                assert!(running.serve(running.shutdown_signal()).await.is_clean());
                // Its silence says nothing now.
                time.pass(60 * SECOND).await;
            }
            _ => {}
        }
        // Three failures, a second apart; in `Draining` the listener is still open then.
        time.pass(4 * SECOND).await;
    }

    pub(super) fn grpc(&mut self) -> Grpc {
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

    pub(super) fn requests(&self) -> Requests {
        let cx = &mut Context::from_waker(Waker::noop());
        let guard = AdmissionLayer::<Http, _>::new(self.health.startup_gate())
            .respond_with(|refused: Rejected| service_unavailable::<Full<&[u8]>>(&refused));
        let service = self
            .health
            .connection_drain_layer()
            .layer(guard.layer(Plain));
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
            (503, None) if h2 == 503 => Requests::Rejected,
            (200, None) if h2 == 200 => Requests::Served,
            (200, Some(close)) if h2 == 200 && close == "close" => Requests::Last,
            other => panic!("{other:?}"),
        }
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
pub(super) fn listens(running: &HealthRuntime) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    pin!(running.shutdown_signal()).poll(cx).is_pending()
}

/// What systemd hears, where there is that feature.
#[cfg(all(feature = "systemd", target_os = "linux"))]
pub(super) struct Systemd(std::os::unix::net::UnixDatagram, String);

#[cfg(all(feature = "systemd", target_os = "linux"))]
impl Systemd {
    fn new(row: usize) -> Self {
        let (socket, name) = crate::systemd::socket(&format!("phase-{row}"));
        Self(socket, name)
    }

    fn tell(&self, builder: gusset_health::HealthBuilder) -> gusset_health::HealthBuilder {
        builder.systemd_env(|variable| match variable {
            "NOTIFY_SOCKET" => Some(self.1.clone()),
            "WATCHDOG_USEC" => Some("4000000".to_owned()),
            _ => None,
        })
    }

    fn forget(&self) {
        crate::systemd::told(&self.0);
    }

    pub(super) fn check(&self, phase: &str, wanted: &[&str], unwanted: &[&str]) {
        let told = crate::systemd::told(&self.0);
        let heard = |line: &&str| told.iter().any(|told| told == *line);
        assert!(
            wanted.iter().all(heard),
            "{phase}: systemd was told {told:?}"
        );
        assert!(
            !unwanted.iter().any(heard),
            "{phase}: systemd was told {told:?}"
        );
        let ready = told.iter().filter(|line| *line == "READY=1").count();
        assert!(ready <= 1, "{phase}: systemd was told {told:?}");
    }
}

#[cfg(not(all(feature = "systemd", target_os = "linux")))]
pub(super) struct Systemd;

#[cfg(not(all(feature = "systemd", target_os = "linux")))]
impl Systemd {
    fn new(_: usize) -> Self {
        Self
    }

    fn tell(&self, builder: gusset_health::HealthBuilder) -> gusset_health::HealthBuilder {
        builder
    }

    fn forget(&self) {}

    pub(super) fn check(&self, _: &str, _: &[&str], _: &[&str]) {}
}
