//! `docs/catalogue.md` matches the tables of names, and the metrics endpoint matches the catalogue.
//!
//! `cargo xtask catalogue` writes the file.

// The metrics of incident reports are those of Unix.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod families;
#[path = "../support/mod.rs"]
mod support;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use gusset::admin::ManagementServer;
use gusset::health::{Check, CheckResult, Health, OptionalDependency};
use gusset::log::LogPipeline;
use gusset::metrics::SharedRecorder;
use gusset::metrics::names::{self, MetricDescriptor, Unit};
use gusset::prometheus::{PrometheusExporter, Resource};
use gusset::slo::{NormalRange, Objective, ServiceLevels, Subject};

use self::families::{Family, Format, families, family_name, prometheus_type};
use self::text::catalogue;

const OVERFLOW_LABEL: &str = "otel.metric.overflow";

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalogue.md")
}

#[test]
fn catalogue_is_up_to_date() {
    let generated = catalogue();
    if std::env::var_os("GUSSET_WRITE_CATALOGUE").is_some() {
        std::fs::write(file(), &generated).unwrap();
    }
    let written = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(
        written == generated,
        "docs/catalogue.md differs from the tables of names: run `cargo xtask catalogue`"
    );
}

#[test]
fn metrics_endpoint_matches_the_catalogue() {
    let prometheus = PrometheusExporter::builder()
        .resource(Resource::new())
        .build()
        .unwrap();
    let recorder: SharedRecorder = prometheus.recorder();
    support::record_every_metric(&prometheus);
    // These need a remote service, a collector or a file.
    let of_file = [gusset::log::names::FILE_ERRORS];
    let others = gusset::otlp::names::ALL.iter().chain(&of_file);
    let others = others.chain(gusset::chaos::names::ALL);
    let others = others.chain(gusset::browser::names::ALL);
    // Nor has a process panics or reports by itself.
    let others = others.chain(gusset::incident::names::ALL);
    let others = others.chain(gusset::jobs::names::ALL);
    let others = others.chain(names::POOLS);
    let others = others.chain(names::RPC_MESSAGES);
    let others = others.chain(gusset::messaging::names::ALL);
    let others = others.chain(gusset::client::names::ALL);
    // Not every kernel has all readings.
    let others = others.chain(gusset::system::names::ALL);
    let others = others.chain(gusset::system::names::CLASSIC);
    for metric in breaker_table().iter().chain(others) {
        support::record_series(&recorder, metric);
    }
    record_health(&prometheus);
    let history = gusset::history::History::builder().recorder(recorder.clone());
    let _history = history.build().unwrap();
    let watcher = gusset::diagnose::Watcher::builder().recorder(recorder.clone());
    let _watcher = watcher.build().unwrap();
    let usage = gusset::usage::Usage::builder().recorder(recorder.clone());
    let usage = Arc::new(usage.build().unwrap());
    prometheus.recorder().add_producer(&usage);
    let levels = service_levels();
    let _monitor = levels.monitor(recorder.clone());
    let log = gusset::log::LogLayer::builder().recorder(recorder.clone());
    let log = log.writer(std::io::sink()).build_with(|_| None);
    let _log: LogPipeline<tracing_subscriber::Registry> = log.unwrap();
    let server = ManagementServer::builder()
        .env(|_| None)
        .port(0)
        .recorder(recorder)
        .mount(prometheus.endpoint())
        .start()
        .unwrap();

    for format in [Format::Text, Format::OpenMetrics] {
        let page = scrape(server.local_addr(), format);
        let mut families = families(&page);
        if format == Format::Text {
            check_generated(&levels, &families);
        }
        for metric in all_tables() {
            let name = family_name(&metric, format);
            let family = families.remove(&name);
            let family = family.unwrap_or_else(|| panic!("no {name} in\n{page}"));
            check(&family, &metric, format);
        }
        families.remove("target_info");
        families.remove("target");
        assert!(families.is_empty(), "{families:#?} in\n{page}");
    }
}

/// Returns an objective and a range, and all metrics.
fn service_levels() -> ServiceLevels {
    let orders = Objective::availability("orders", Subject::service());
    ServiceLevels::builder("shop")
        .catalogue(gusset::catalogue())
        .objective(orders)
        .latency_budgets()
        .range(NormalRange::new("active", "http.server.active_requests").high(200.0))
        .build()
        .unwrap()
}

/// Checks that rules and dashboards name metrics of the page: a renamed metric fails here.
fn check_generated(levels: &ServiceLevels, families: &BTreeMap<String, Family>) {
    let files = levels.files().into_iter();
    let files =
        files.filter(|file| file.name() == "rules.yaml" || file.name().starts_with("dashboard"));
    let mut used = BTreeSet::new();
    for file in files {
        // The names before a selector.
        for before in file.content().split('{').map(str::trim_end) {
            let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
            let start = before.rfind(|c| !is_in_name(c)).map_or(0, |at| at + 1);
            let name = &before[start..];
            if name.contains('_') && !name.contains(':') {
                used.insert(name.to_owned());
            }
        }
    }
    assert!(used.len() > 40, "{used:?}");
    // It has the resource, which is empty here.
    used.remove("target_info");
    for name in used {
        let families_of = ["_bucket", "_count", "_sum"].map(|suffix| name.strip_suffix(suffix));
        let is_there = families.contains_key(&name)
            || families_of
                .into_iter()
                .flatten()
                .any(|family| families.contains_key(family));
        assert!(is_there, "{name} is not at the metrics endpoint");
    }
    // Alerts on metrics of other crates, whose names are not known to the crate.
    let alerts = levels.alerts();
    for name in [
        "ServiceAbsent",
        "ServiceNotLive",
        "ServiceNotReady",
        "HealthCheckDown",
        "BreakerOpen",
        "BreakerFlapping",
        "BulkheadSaturated",
        "TelemetryQueueFull",
        "MetricsOverflow",
        "DescriptorsNearlyUsedUp",
        "MemoryNearLimit",
        "KilledForMemory",
        "CpuThrottled",
        "ListenQueueOverflow",
    ] {
        assert!(alerts.iter().any(|alert| alert.name() == name), "{name}");
    }
}

fn check(family: &Family, metric: &MetricDescriptor, format: Format) {
    let name = metric.name;
    assert_eq!(family.kind, prometheus_type(metric.kind), "{name}");
    assert_eq!(family.help, metric.help, "{name}");
    let unit = match (metric.unit, format) {
        (Unit::Seconds, Format::OpenMetrics) => "seconds",
        (Unit::Bytes, Format::OpenMetrics) => "bytes",
        _ => "",
    };
    assert_eq!(family.unit, unit, "{name}");
    let known = metric.labels.iter().map(|label| label.replace('.', "_"));
    let known: BTreeSet<String> = known.collect();
    let mut labels = family.labels.clone();
    labels.remove(&OVERFLOW_LABEL.replace('.', "_"));
    assert_eq!(labels, known, "{name}");
}

fn breaker_table() -> Vec<MetricDescriptor> {
    let table = gusset::breaker::names::ALL.iter();
    table.map(|metric| **metric).collect()
}

fn all_tables() -> Vec<MetricDescriptor> {
    let mut all = breaker_table();
    for table in [
        names::ALL,
        gusset::otlp::names::ALL,
        gusset::health::names::ALL,
        gusset::history::names::ALL,
        gusset::diagnose::names::ALL,
        gusset::incident::names::ALL,
        gusset::usage::names::ALL,
        gusset::log::names::ALL,
        gusset::slo::names::ALL,
        gusset::admin::names::ALL,
        gusset::browser::names::ALL,
        gusset::chaos::names::ALL,
        gusset::jobs::names::ALL,
        names::POOLS,
        names::RPC_MESSAGES,
        gusset::messaging::names::ALL,
        gusset::client::names::ALL,
        gusset::system::names::ALL,
        gusset::system::names::CLASSIC,
    ] {
        all.extend(table);
    }
    all
}

/// Runs a health check once.
fn record_health(prometheus: &PrometheusExporter) {
    let check = Check::sync("db", CheckResult::up).initial_jitter(Duration::ZERO);
    let health = Health::builder()
        .handle_signals(false)
        .recorder(prometheus.recorder())
        .health_check(OptionalDependency(check))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let _running = health.start().unwrap();
        let run = r#"gusset_health_result="up"} 1"#;
        while !prometheus.endpoint().render().contains(run) {
            tokio::task::yield_now().await;
        }
    });
}

/// Returns a page of a real server.
fn scrape(address: SocketAddr, format: Format) -> String {
    let accept = match format {
        Format::Text => "text/plain",
        Format::OpenMetrics => "application/openmetrics-text; version=1.0.0",
    };
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /metrics HTTP/1.1\r\nhost: x\r\naccept: {accept}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, page) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    page.to_owned()
}
