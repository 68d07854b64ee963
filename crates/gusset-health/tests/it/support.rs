//! A manual clock, a check with a scripted result, and a client of probes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gusset_core::{Clock, MockClock};
use gusset_health::{Check, CheckResult, Env, Health, HealthBuilder, Probe};
use gusset_http::{Endpoint as _, RequestHead};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The clock and Tokio's timers, advanced together. For `#[tokio::test(start_paused = true)]`.
pub(crate) struct Time {
    clock: Clock,
    mock: MockClock,
}

impl Time {
    pub(crate) fn new() -> Self {
        let (clock, mock) = Clock::manual();
        Self { clock, mock }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// Returns a builder with this clock, outside of Kubernetes, without signal handling.
    pub(crate) fn builder(&self) -> HealthBuilder {
        Health::builder()
            .clock(self.clock())
            .env(Env::from_fn(&|_| None))
            .handle_signals(false)
    }

    /// Advances the time in short steps.
    pub(crate) async fn pass(&self, time: Duration) {
        const STEP: Duration = Duration::from_millis(100);
        let mut remaining = time;
        settle().await;
        while !remaining.is_zero() {
            let step = remaining.min(STEP);
            self.mock.advance(step);
            tokio::time::advance(step).await;
            settle().await;
            remaining -= step;
        }
    }
}

/// Lets all tasks run that can make progress.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A check with a scripted result. Counts its runs.
#[derive(Clone, Default)]
pub(crate) struct TestCheck(Arc<(AtomicU8, AtomicUsize)>);

impl TestCheck {
    pub(crate) fn up(&self) {
        self.0.0.store(0, Ordering::SeqCst);
    }
    pub(crate) fn down(&self) {
        self.0.0.store(1, Ordering::SeqCst);
    }
    pub(crate) fn degraded(&self) {
        self.0.0.store(2, Ordering::SeqCst);
    }
    pub(crate) fn hang(&self) {
        self.0.0.store(3, Ordering::SeqCst);
    }
    pub(crate) fn panic(&self) {
        self.0.0.store(4, Ordering::SeqCst);
    }
    pub(crate) fn runs(&self) -> usize {
        self.0.1.load(Ordering::SeqCst)
    }

    /// Returns a check that runs at once and then every second, without a minimum status duration.
    pub(crate) fn quick(&self, name: &'static str) -> Check {
        self.check(name)
            .interval(SECOND)
            .timeout(SECOND / 2)
            .initial_jitter(Duration::ZERO)
            .min_status_duration(Duration::ZERO)
    }

    /// Returns a check with the default settings.
    pub(crate) fn check(&self, name: &'static str) -> Check {
        let script = self.clone();
        Check::new(name, move || {
            let script = script.clone();
            async move {
                script.0.1.fetch_add(1, Ordering::SeqCst);
                match script.0.0.load(Ordering::SeqCst) {
                    0 => CheckResult::up(),
                    1 => CheckResult::down("secret-host:5432 refused"),
                    2 => CheckResult::degraded("slow"),
                    3 => std::future::pending().await,
                    _ => panic!("scripted"),
                }
            }
        })
    }
}

pub(crate) fn get(probe: &Probe) -> Response<Full<Bytes>> {
    send(probe, &Request::new(()))
}

pub(crate) fn send(probe: &Probe, request: &Request<()>) -> Response<Full<Bytes>> {
    probe.answer(RequestHead::from(request)).into_inner()
}

pub(crate) fn status(probe: &Probe) -> u16 {
    get(probe).status().as_u16()
}

pub(crate) async fn text(response: Response<Full<Bytes>>) -> String {
    let body = response.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}
