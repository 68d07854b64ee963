//! A service with an operations page.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, UNIX_EPOCH};

use gusset::data::{LogRecord, LogSink as _, MetricProducer as _, Severity, StateTree};
use gusset::history::History;
use gusset::http::BearerToken;
use gusset::incident::FlightRecorder;
use gusset::ops::{Operations, OperationsBuilder};
use gusset_admin::ManagementServer;

pub(crate) const TOKEN: &str = "0123456789abcdef";

/// Script that no page may run.
pub(crate) const HOSTILE: &str =
    "<script>window.hostile=1</script><img src=x onerror=\"window.hostile=2\">";

const STEP: Duration = Duration::from_secs(10);
const READINGS: u64 = 90;

/// A management server with the page, and what changes on it.
pub(crate) struct Service {
    pub(crate) server: ManagementServer,
    pub(crate) entries: Arc<AtomicU64>,
    pub(crate) runs: Arc<AtomicU64>,
}

// === impl Service ===

impl Service {
    /// Starts a service whose page needs no token, because it is on the loopback interface.
    pub(crate) fn start() -> Self {
        Self::with(false, "<unset>")
    }

    /// Starts one with tasks, whose page needs the token.
    pub(crate) fn with_token() -> Self {
        Self::with(true, "<unset>")
    }

    /// Starts one that has seen hostile clients.
    pub(crate) fn with_hostile_clients() -> Self {
        Self::with(false, HOSTILE)
    }

    fn with(has_token: bool, input: &'static str) -> Self {
        let (entries, runs) = (Arc::new(AtomicU64::new(3)), Arc::new(AtomicU64::new(0)));
        let mut page = page(entries.clone(), input);
        if has_token {
            let runs = runs.clone();
            let flush = move || {
                runs.fetch_add(1, Ordering::Relaxed);
                async { Ok::<_, std::io::Error>(()) }
            };
            page = page
                .token(BearerToken::new("token", TOKEN).unwrap())
                .task("flush-cache", flush);
        }
        let page = page.build().unwrap();
        let server = ManagementServer::builder().port(0);
        let server = server.mount(page.endpoints()).start().unwrap();
        Self {
            server,
            entries,
            runs,
        }
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.server.local_addr())
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/ops", self.origin())
    }
}

fn page(entries: Arc<AtomicU64>, input: &'static str) -> OperationsBuilder {
    let cache = move || {
        StateTree::fields([
            ("entries", entries.load(Ordering::Relaxed).into()),
            ("last key", input.into()),
        ])
    };
    Operations::builder("shop")
        .version("1.2.3")
        .history(history(input))
        .recorder(recorder(input))
        .part("cache", cache)
        .link("Fleet", "https://grafana.example/d/shop")
}

/// Returns fifteen minutes of requests to a few routes. A client has chosen the path of one of them.
fn history(input: &'static str) -> History {
    let registry = gusset_metrics::Registry::builder().build().unwrap();
    // Its unit sets the boundaries.
    gusset_metrics::names::HTTP_SERVER_DURATION.describe(&registry);
    let history = History::builder().build().unwrap();
    let mut now = gusset_core::Clock::system().now();
    let request = |route: &'static str, error: &'static str, seconds: f64| {
        let histogram = metrics::with_local_recorder(&registry, || {
            metrics::histogram!(
                "http.server.request.duration",
                "http.route" => route,
                "error.type" => error,
            )
        });
        histogram.record(seconds);
    };
    for reading in 0..READINGS {
        // A wave, so that the charts have a shape.
        let wave = (reading as f64 / 9.0).sin() + 1.5;
        for _ in 0..(40.0 * wave) as u32 {
            request("/catalogue", "", 0.004 * wave);
        }
        for _ in 0..(15.0 * wave) as u32 {
            request("/baskets/{customer}", "", 0.012 * wave);
        }
        request("/orders", "", 0.2 * wave);
        if reading % 20 == 0 {
            request("/orders", "502", 1.5);
        }
        request(input, "", 0.001);
        history.record(now, registry.metrics());
        now += STEP;
    }
    history
}

fn recorder(input: &'static str) -> FlightRecorder {
    let recorder = FlightRecorder::builder().build().unwrap();
    recorder.record_change("breaker payments", "open");
    recorder.record_change("breaker payments", input);
    let severities = [Severity::Info, Severity::Warn, Severity::Error];
    let texts = ["order placed", "slow query", "cannot charge"];
    for (number, (severity, text)) in severities
        .into_iter()
        .zip(texts)
        .cycle()
        .take(30)
        .enumerate()
    {
        recorder.export(LogRecord {
            time: UNIX_EPOCH + STEP * number as u32,
            severity,
            scope: "shop".into(),
            event_name: None,
            body: if number == 0 {
                input.into()
            } else {
                text.into()
            },
            attributes: vec![
                ("user_agent.original".into(), input.into()),
                ("number".into(), (number as u64).into()),
            ],
            dropped_attributes: 0,
            trace_id: Some([number as u8 + 1; 16]),
            span_id: None,
            flags: 1,
        });
    }
    recorder
}
