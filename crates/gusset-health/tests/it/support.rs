//! Time as a hand moves it, and a client of probes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use gusset_core::{Clock, MockClock};
use gusset_health::{Check, CheckResult, Health, HealthBuilder, Probe};
use gusset_http::{Endpoint as _, RequestHead};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// The clock and Tokio's timers, moved together. For `#[tokio::test(start_paused = true)]`.
pub(crate) struct Time {
    clock: Clock,
    hand: MockClock,
}

impl Time {
    pub(crate) fn new() -> Self {
        let (clock, hand) = Clock::manual();
        Self { clock, hand }
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock.clone()
    }

    /// A builder on this time, outside of Kubernetes, that heeds no signals.
    pub(crate) fn builder(&self) -> HealthBuilder {
        Health::builder()
            .clock(self.clock())
            .environment(|_| None)
            .handle_signals(false)
    }

    /// Lets that much time pass, in steps that are short beside all that waits.
    pub(crate) async fn pass(&self, time: Duration) {
        const STEP: Duration = Duration::from_millis(100);
        let mut left = time;
        settle().await;
        while !left.is_zero() {
            let step = left.min(STEP);
            self.hand.advance(step);
            tokio::time::advance(step).await;
            settle().await;
            left -= step;
        }
    }
}

/// Lets all that can go on go on.
pub(crate) async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// A check whose finding a hand sets, and which counts its runs.
#[derive(Clone, Default)]
pub(crate) struct Dial(Arc<(AtomicU8, AtomicUsize)>);

impl Dial {
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

    /// Runs at once and then each second, and takes no persuading.
    pub(crate) fn quick(&self, name: &'static str) -> Check {
        self.check(name)
            .interval(SECOND)
            .timeout(SECOND / 2)
            .initial_jitter(Duration::ZERO)
            .min_status_duration(Duration::ZERO)
    }

    /// With all settings as they are unless set.
    pub(crate) fn check(&self, name: &'static str) -> Check {
        let dial = self.clone();
        Check::new(name, move || {
            let dial = dial.clone();
            async move {
                dial.0.1.fetch_add(1, Ordering::SeqCst);
                match dial.0.0.load(Ordering::SeqCst) {
                    0 => CheckResult::up(),
                    1 => CheckResult::down("secret-host:5432 refused"),
                    2 => CheckResult::degraded("slow"),
                    3 => std::future::pending().await,
                    _ => panic!("as the dial says"),
                }
            }
        })
    }
}

pub(crate) fn get(probe: &Probe) -> Response<Full<Bytes>> {
    ask(probe, &Request::new(()))
}

pub(crate) fn ask(probe: &Probe, request: &Request<()>) -> Response<Full<Bytes>> {
    probe.answer(RequestHead::from(request)).into_inner()
}

pub(crate) fn status(probe: &Probe) -> u16 {
    get(probe).status().as_u16()
}

pub(crate) async fn text(response: Response<Full<Bytes>>) -> String {
    let body = response.into_body().collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

/// Counts warnings and errors.
#[derive(Clone, Default)]
pub(crate) struct Warnings {
    count: Arc<AtomicUsize>,
    lines: Arc<std::sync::Mutex<Vec<String>>>,
    informs: bool,
}

impl Warnings {
    /// Hears of more than that.
    pub(crate) fn and_what_informs() -> Self {
        Self {
            informs: true,
            ..Self::default()
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }

    /// The fields of all of them, as they are written.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        let most = if self.informs {
            tracing::Level::INFO
        } else {
            tracing::Level::WARN
        };
        *metadata.level() <= most
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Line(String);
        impl tracing::field::Visit for Line {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                use std::fmt::Write as _;
                let _ = write!(self.0, "{field}={value:?} ");
            }
        }
        let mut line = Line(String::new());
        event.record(&mut line);
        self.lines.lock().unwrap().push(line.0);
        self.count.fetch_add(1, Ordering::SeqCst);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}
