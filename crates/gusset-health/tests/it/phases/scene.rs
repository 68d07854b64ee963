//! A service in a given phase, and its observable behaviour.

use std::convert::Infallible;
use std::future::{Future as _, ready};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use gusset_core::{AdmissionLayer, Rejected};
use gusset_health::{
    Env, GrpcHealthBody, Health, HealthRuntime, LocalDependency, OptionalDependency, Phase,
};
use gusset_http::{Http, service_unavailable};
use http::{Request, Response};
use http_body::Body as _;
use http_body_util::Full;
use tower_layer::Layer as _;
use tower_service::Service as _;

use crate::support::{SECOND, TestCheck, Time, settle};

pub(super) const TOKEN: &str = "correct-horse-battery";

/// The overall status in gRPC.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Grpc {
    Serving,
    NotServing,
    /// Streams end with UNAVAILABLE.
    Ended,
}

/// The result of a new request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Requests {
    Rejected,
    Served,
    /// Served, with `Connection: close`.
    ServedAndClosed,
}

/// A service in a phase.
pub(super) struct Scene {
    time: Time,
    index: TestCheck,
    mail: TestCheck,
    pub(super) health: Health,
    pub(super) runtime: Option<HealthRuntime>,
    watch: GrpcHealthBody,
    pub(super) systemd: Systemd,
}

// === impl Scene ===

impl Scene {
    pub(super) async fn new(row: usize) -> Self {
        let time = Time::new();
        let (index, mail) = (TestCheck::default(), TestCheck::default());
        let systemd = Systemd::new(row);
        let builder = time
            .builder()
            .readiness_check(LocalDependency(index.quick("index")))
            .health_check(OptionalDependency(mail.quick("mail")))
            .drain_delay(5 * SECOND)
            .start_deadline(60 * SECOND)
            .details_token(TOKEN);
        let health = systemd.configure(builder).build().unwrap();
        let runtime = Some(health.start().unwrap());
        settle().await;
        let watch = watch(&health);
        Self {
            time,
            index,
            mail,
            health,
            runtime,
            watch,
            systemd,
        }
    }

    /// Moves a service that has just started into the phase.
    pub(super) async fn enter(&mut self, phase: &str) {
        let (time, life) = (&self.time, self.health.lifecycle().clone());
        match phase {
            "Starting" => life.report_progress("migration 3 of 7"),
            "Starting too long" => time.pass(61 * SECOND).await,
            _ => life.mark_started(),
        }
        // Sends `READY=1` before the next change.
        settle().await;
        match phase {
            "Ready+degraded" => self.mail.down(),
            "NotReady: local" => self.index.down(),
            "NotReady: manual" => life.set_unready("manual"),
            "Main runtime stuck" => {
                // Its tasks stop, and the clock advances.
                self.runtime = None;
                self.systemd.clear();
                time.pass(31 * SECOND).await;
            }
            "Draining" => life.begin_shutdown(),
            "Draining, not undone" => {
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
                // The clock has not advanced.
                assert_eq!(life.phase(), Phase::Stopping);
                return;
            }
            "Stopped" => {
                let runtime = self.runtime.as_ref().unwrap();
                life.force_shutdown();
                assert!(runtime.serve(runtime.shutdown_signal()).await.is_clean());
                // Heartbeats no longer matter.
                time.pass(60 * SECOND).await;
            }
            _ => {}
        }
        // Enough for three failures. In `Draining`, the listener is still open.
        time.pass(4 * SECOND).await;
    }

    pub(super) fn grpc(&mut self) -> Grpc {
        let cx = &mut Context::from_waker(Waker::noop());
        // Reads all messages that are available.
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut self.watch).poll_frame(cx) {
            if let Ok(trailers) = frame.into_trailers() {
                assert_eq!(trailers["grpc-status"], "14");
                return Grpc::Ended;
            }
        }
        if is_serving(&self.health) {
            Grpc::Serving
        } else {
            Grpc::NotServing
        }
    }

    pub(super) fn requests(&self) -> Requests {
        let cx = &mut Context::from_waker(Waker::noop());
        let gate = AdmissionLayer::<Http, _>::new(self.health.startup_gate())
            .respond_with(|rejected: Rejected| service_unavailable::<Full<&[u8]>>(&rejected));
        let service = self
            .health
            .connection_drain_layer()
            .layer(gate.layer(Always200));
        let mut call = |version| {
            let mut request = Request::new(Full::<&[u8]>::default());
            *request.version_mut() = version;
            let Poll::Ready(Ok(response)) = pin!(service.clone().call(request)).poll(cx) else {
                panic!("the service must not wait");
            };
            let close = response.headers().get("connection").cloned();
            (response.status().as_u16(), close)
        };
        let (h2, close) = call(http::Version::HTTP_2);
        assert_eq!(close, None, "HTTP/2 has no such header");
        match call(http::Version::HTTP_11) {
            (503, None) if h2 == 503 => Requests::Rejected,
            (200, None) if h2 == 200 => Requests::Served,
            (200, Some(close)) if h2 == 200 && close == "close" => Requests::ServedAndClosed,
            other => panic!("{other:?}"),
        }
    }
}

#[derive(Clone)]
struct Always200;

impl tower_service::Service<Request<Full<&'static [u8]>>> for Always200 {
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
        panic!("the service must not wait");
    };
    response.into_body()
}

/// Returns whether the overall status in gRPC is SERVING.
fn is_serving(health: &Health) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut grpc(health, "Check")).poll_frame(cx) else {
        panic!("the service must not wait");
    };
    frame.into_data().unwrap()[..] == [0, 0, 0, 0, 2, 8, 1]
}

/// Watches the overall status.
fn watch(health: &Health) -> GrpcHealthBody {
    grpc(health, "Watch")
}

/// Returns whether the listener is open.
pub(super) fn is_listening(runtime: &HealthRuntime) -> bool {
    let cx = &mut Context::from_waker(Waker::noop());
    pin!(runtime.shutdown_signal()).poll(cx).is_pending()
}

/// The notification socket of systemd.
#[cfg(all(feature = "systemd", target_os = "linux"))]
pub(super) struct Systemd(std::os::unix::net::UnixDatagram, String);

#[cfg(all(feature = "systemd", target_os = "linux"))]
impl Systemd {
    fn new(row: usize) -> Self {
        let (socket, name) = crate::systemd::socket(&format!("phase-{row}"));
        Self(socket, name)
    }

    fn configure(&self, builder: gusset_health::HealthBuilder) -> gusset_health::HealthBuilder {
        builder.systemd_env(Env::from_fn(&|variable| match variable {
            "NOTIFY_SOCKET" => Some(self.1.clone()),
            "WATCHDOG_USEC" => Some("4000000".to_owned()),
            _ => None,
        }))
    }

    fn clear(&self) {
        crate::systemd::received(&self.0);
    }

    pub(super) fn check(&self, phase: &str, expected: &[&str], unexpected: &[&str]) {
        let received = crate::systemd::received(&self.0);
        let is_received = |line: &&str| received.iter().any(|other| other == *line);
        assert!(
            expected.iter().all(is_received),
            "{phase}: systemd received {received:?}"
        );
        assert!(
            !unexpected.iter().any(is_received),
            "{phase}: systemd received {received:?}"
        );
        let ready = received.iter().filter(|line| *line == "READY=1").count();
        assert!(ready <= 1, "{phase}: systemd received {received:?}");
    }
}

#[cfg(not(all(feature = "systemd", target_os = "linux")))]
pub(super) struct Systemd;

#[cfg(not(all(feature = "systemd", target_os = "linux")))]
impl Systemd {
    fn new(_: usize) -> Self {
        Self
    }

    fn configure(&self, builder: gusset_health::HealthBuilder) -> gusset_health::HealthBuilder {
        builder
    }

    fn clear(&self) {}

    pub(super) fn check(&self, _: &str, _: &[&str], _: &[&str]) {}
}
