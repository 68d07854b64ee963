//! An hour of mixed calls in seconds: cancelled and failed calls, panics, streams, a collector that goes
//! down and comes back, and no scrapes. Memory, file descriptors and tasks stay as they are after the first
//! rounds, and the totals are exact.
//!
//! `cargo xtask soak` runs it for minutes. It is alone in its process, whose resources it reads.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

#[allow(dead_code, reason = "the other test compares more")]
#[path = "../agreement/behaviour.rs"]
mod behaviour;
#[path = "../agreement/clients.rs"]
mod clients;
mod collector;
#[path = "../agreement/entered.rs"]
mod entered;
#[path = "../agreement/random.rs"]
mod random;
mod resources;
#[path = "../agreement/servers.rs"]
mod servers;

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use gusset::breaker::{CircuitBreaker, Config};
use gusset::log::Format;
use gusset::otlp::Signal;
use gusset::{Clock, Gusset};
use gusset_data::{MetricData, MetricProducer as _};
use gusset_tests::clients::with_timeout;
use gusset_tests::panics;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::clients::{Clients, GRPC_KINDS, HttpClient};
use crate::collector::Collector;
use crate::random::Random;
use crate::resources::Resources;
use crate::servers::Servers;

/// The variable with the duration in seconds.
const DURATION_VARIABLE: &str = "GUSSET_SOAK_SECONDS";
const DEFAULT_DURATION: Duration = Duration::from_secs(10);
/// The part of the duration after which nothing grows.
const WARM_UP_PART: u32 = 4;
const CALLS_OF_ROUND: usize = 60;
/// Rounds between two changes of the collector.
const COLLECTOR_ROUNDS: u64 = 5;
/// What an allocator may hold in addition, because calls end in another order.
const MAX_GROWTH_KIB: u64 = 6 << 10;
/// Connections of clients and of the exporter, which are open in some moments only.
const MAX_MORE: usize = 6;

/// Counts the access log entries that are written.
#[derive(Clone, Debug, Default)]
struct CountEntries(Arc<AtomicU64>);

impl Write for CountEntries {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        const ACCESS: &str = r#""target":"gusset::access""#;
        // Entries are whole, because each write is complete.
        let text = String::from_utf8_lossy(bytes);
        let entries = text.matches(ACCESS).count() as u64;
        self.0.fetch_add(entries, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The service and its clients.
struct Soak {
    gusset: Gusset,
    entries: CountEntries,
    servers: Servers,
    clients: Clients,
    channel: Channel,
    /// The breaker of the calls.
    admitting: CircuitBreaker,
    /// A breaker that opens and half-opens.
    breaker: CircuitBreaker,
    /// The number of calls that are observed.
    observed: u64,
    random: Random,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn resources_stay_flat_and_totals_exact() {
    panics::silence_expected();
    let duration = std::env::var(DURATION_VARIABLE).ok();
    let duration = duration.map_or(DEFAULT_DURATION, |seconds| {
        Duration::from_secs(seconds.parse().expect("the duration is in seconds"))
    });
    let mut collector = Collector::start().await;
    let mut soak = Soak::start(&collector).await;

    let clock = Clock::system();
    let (started, mut rounds) = (clock.now(), 0);
    let elapsed = || clock.now().duration_since(started);
    let mut warm: Option<Resources> = None;
    let mut highest: Option<Resources> = None;
    while elapsed() < duration || rounds < 4 * COLLECTOR_ROUNDS {
        soak.round().await;
        rounds += 1;
        if rounds % (2 * COLLECTOR_ROUNDS) == COLLECTOR_ROUNDS {
            collector.go_down().await;
        } else if rounds % (2 * COLLECTOR_ROUNDS) == 0 {
            collector.come_back().await;
            let is_warm = elapsed() > duration / WARM_UP_PART;
            let now = Resources::settled(warm.map(Resources::with_margin)).await;
            println!(
                "{:>6.1?} {rounds:>6} rounds, {:>8} calls: {now:?}",
                elapsed(),
                soak.observed
            );
            if is_warm && warm.is_none() {
                warm = Some(now);
            } else if is_warm {
                highest = Some(highest.map_or(now, |highest| highest.max(now)));
            }
        }
    }
    if let (Some(warm), Some(highest)) = (warm, highest) {
        println!("after the warm-up {warm:?}, highest {highest:?}");
        let limit = warm.with_margin();
        assert!(highest.descriptors <= limit.descriptors, "descriptors");
        assert!(highest.tasks <= limit.tasks, "tasks");
        assert!(
            highest.memory_kib <= warm.memory_kib + MAX_GROWTH_KIB,
            "memory"
        );
    }
    assert!(collector.requests() > 0, "telemetry is exported");
    collector.come_back().await;
    soak.check_totals().await;
}

// === impl Soak ===

impl Soak {
    async fn start(collector: &Collector) -> Self {
        let (entries, endpoint) = (CountEntries::default(), collector.endpoint());
        let out = entries.clone();
        let variable = move |name: &str| {
            let value = match name {
                "OTEL_EXPORTER_OTLP_ENDPOINT" => &endpoint,
                "OTEL_METRIC_EXPORT_INTERVAL" => "500",
                "OTEL_BSP_SCHEDULE_DELAY" | "OTEL_BLRP_SCHEDULE_DELAY" => "50",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let gusset = gusset::builder()
            .log(|log| log.format(Format::Json).writer(out))
            .health(|health| health.handle_signals(false))
            .http(|http| http.exclude_paths(["/internal/*"]))
            .build_with(variable)
            .unwrap();
        let [breaker, rejecting] = ["calls", "rejecting"].map(|name| {
            let breaker = gusset.breaker(name).unwrap();
            // It opens from time to time.
            breaker
                .reconfigure(Config::new().count_window(100))
                .unwrap();
            breaker
        });
        rejecting.force_open();
        // All calls reach their server.
        let admitting = gusset.breaker("admitting").unwrap();
        admitting.disable();
        let client = HttpClient::new(&gusset, &admitting, false);
        let clients = Clients {
            http2: HttpClient::new(&gusset, &admitting, true),
            rejected: HttpClient::new(&gusset, &rejecting, false),
            http1: client.clone(),
        };
        let servers = servers::start(&gusset, client).await;
        let channel = Endpoint::from(servers.grpc.clone()).connect_lazy();
        Self {
            gusset,
            entries,
            servers,
            clients,
            channel,
            admitting,
            breaker,
            observed: 0,
            random: Random::from_env(),
        }
    }

    /// Sends random calls at the same time, and waits until each is recorded.
    async fn round(&mut self) {
        let mut running = JoinSet::new();
        for at in 0..CALLS_OF_ROUND {
            let servers = self.servers.clone();
            if self.random.below(4) == 0 {
                let (kind, code) = (self.random.below(GRPC_KINDS), self.random.below(17));
                let gusset = self.gusset.clone();
                let breaker = self.admitting.clone();
                let channel = self.channel.clone();
                self.observed += 2;
                running.spawn(clients::send_grpc(
                    gusset, breaker, channel, servers, kind, code,
                ));
            } else {
                let id = format!("call-{}-{at}", self.observed);
                let call = clients::random_call(&mut self.random, id);
                self.observed += call.observed() as u64;
                let clients = self.clients.clone();
                running.spawn(async move { call.send(&servers, &clients).await });
            }
        }
        while let Some(ended) = running.join_next().await {
            ended.unwrap();
        }
        // Breakers alone, which open and half-open.
        for _ in 0..CALLS_OF_ROUND {
            if let Ok(permit) = self.breaker.try_acquire() {
                match self.random.below(2) {
                    0 => permit.record(gusset::breaker::CallResult::Failure),
                    _ => drop(permit),
                }
            }
        }
        with_timeout(async {
            while self.recorded() < self.observed {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        })
        .await;
    }

    fn recorded(&self) -> u64 {
        self.entries.0.load(Ordering::Relaxed)
    }

    /// Checks that each call is in each signal once.
    async fn check_totals(self) {
        assert_eq!(self.recorded(), self.observed, "access log entries");
        assert_eq!(self.gusset.health().in_flight().count(), 0);
        let metrics = self.gusset.telemetry().registry().metrics();
        let sum = |suffix: &str| {
            let found = metrics.iter().filter(|metric| {
                let name: &str = &metric.name;
                let is_of_calls = ["http.", "rpc."].iter().any(|part| name.contains(part));
                is_of_calls && name.ends_with(suffix)
            });
            let values = found.map(|metric| match &metric.data {
                MetricData::Histogram(points) => {
                    let counts = points.iter().flat_map(|point| &point.counts);
                    counts.sum::<u64>() as f64
                }
                MetricData::Counter(points) | MetricData::UpDownCounter(points) => {
                    points.iter().map(|point| point.value).sum()
                }
                other => panic!("{}: {other:?}", metric.name),
            });
            values.sum::<f64>()
        };
        let observed = self.observed as f64;
        assert_eq!(sum("request.duration") + sum("call.duration"), observed);
        assert_eq!(sum(".outcomes"), observed);
        assert_eq!(sum(".active_requests") + sum(".active_calls"), 0.0);
        let report = self.gusset.shutdown_async(Duration::from_secs(10)).await;
        let report = report.expect("it ends once");
        println!("{report}");
        let spans = report.counts(Signal::Traces);
        assert_eq!(spans.exported + spans.dropped(), self.observed, "spans");
        assert_eq!(report.entries_not_written(), 0);
    }
}

// === impl Resources ===

impl Resources {
    fn with_margin(self) -> Self {
        Self {
            descriptors: self.descriptors + MAX_MORE,
            tasks: self.tasks + MAX_MORE,
            ..self
        }
    }

    fn max(self, other: Self) -> Self {
        Self {
            memory_kib: self.memory_kib.max(other.memory_kib),
            descriptors: self.descriptors.max(other.descriptors),
            tasks: self.tasks.max(other.tasks),
        }
    }
}
