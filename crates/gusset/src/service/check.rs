//! What is wrong or unsafe before there is traffic.

use std::fmt;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, SystemTime};

use gusset_otlp::Receiver;

use super::Inner;

/// The time for a connection to a receiver.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// 2026-01-01, before any release of this crate, in seconds since the Unix epoch.
const EARLIEST: u64 = 1_767_225_600;

/// What is wrong or unsafe with the configuration and its surroundings. Returned by
/// [`Gusset::check`](crate::Gusset::check). `Display` is one line for each finding.
///
/// ```
/// # fn main() -> Result<(), gusset::Error> {
/// let gusset = gusset::builder().without_health().build_with(|_| None)?;
/// let report = gusset.check();
/// assert!(!report.has_errors(), "{report}");
/// assert!(report.to_string().contains("OTEL_SERVICE_NAME"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CheckReport(Vec<Finding>);

/// One finding of a [`CheckReport`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Whether telemetry is lost or probes fail. The others are warnings: it works, but not as in production.
    pub is_error: bool,
    /// The setting that mends it: a variable or a method of a builder.
    pub setting: &'static str,
    /// The problem.
    pub problem: String,
}

/// What the checks read.
pub(super) struct Facts {
    pub(super) service_name: Option<String>,
    /// Whether the process runs in Kubernetes.
    pub(super) in_kubernetes: bool,
    /// Whether each signal is recorded, and is exported or can be scraped.
    pub(super) goes_nowhere: Vec<&'static str>,
    pub(super) receivers: Vec<Receiver>,
}

// === impl CheckReport ===

impl CheckReport {
    pub(super) fn new(inner: &Inner) -> Self {
        let mut report = Self::default();
        let facts = &inner.facts;
        report.destinations(facts);
        report.receivers(&facts.receivers);
        report.management(facts.in_kubernetes, inner.management_addr);
        report.service_name(facts.service_name.as_deref());
        report.log_filter(&inner.telemetry.log_filter_handle().filter());
        report.clock(SystemTime::now());
        report.optimization(cfg!(debug_assertions));
        report
    }

    /// Returns the findings.
    pub fn findings(&self) -> &[Finding] {
        &self.0
    }

    /// Returns whether telemetry is lost or probes fail.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.is_error)
    }

    fn error(&mut self, setting: &'static str, problem: impl fmt::Display) {
        self.push(true, setting, problem);
    }

    fn warning(&mut self, setting: &'static str, problem: impl fmt::Display) {
        self.push(false, setting, problem);
    }

    fn push(&mut self, is_error: bool, setting: &'static str, problem: impl fmt::Display) {
        self.0.push(Finding {
            is_error,
            setting,
            problem: problem.to_string(),
        });
    }

    fn destinations(&mut self, facts: &Facts) {
        for signal in &facts.goes_nowhere {
            let setting = "OTEL_EXPORTER_OTLP_ENDPOINT";
            let problem =
                format_args!("{signal} are recorded, and go nowhere; set it or leave them out");
            self.warning(setting, problem);
        }
    }

    /// Connects to all receivers at the same time.
    fn receivers(&mut self, receivers: &[Receiver]) {
        let results: Vec<_> = thread::scope(|scope| {
            let connect =
                |receiver| scope.spawn(move || Receiver::connect(receiver, CONNECT_TIMEOUT));
            let connecting: Vec<_> = receivers.iter().map(connect).collect();
            connecting
                .into_iter()
                .map(thread::ScopedJoinHandle::join)
                .collect()
        });
        for (receiver, result) in receivers.iter().zip(results) {
            if let Ok(Err(error)) = result {
                let signal = receiver.signal();
                let problem = format_args!("{signal} do not reach {receiver}: {error}");
                self.error("OTEL_EXPORTER_OTLP_ENDPOINT", problem);
            }
            if receiver.exposes_headers() {
                let problem = format_args!("{receiver} receives them without TLS; use `https`");
                self.warning("OTEL_EXPORTER_OTLP_HEADERS", problem);
            }
        }
    }

    fn management(&mut self, in_kubernetes: bool, address: Option<SocketAddr>) {
        if let Some(address) = address.filter(|address| in_kubernetes && address.ip().is_loopback())
        {
            let problem = format_args!("probes and scrapes do not reach {address}; set `0.0.0.0`");
            self.error("OTEL_EXPORTER_PROMETHEUS_HOST", problem);
        }
    }

    fn service_name(&mut self, name: Option<&str>) {
        if name.is_none_or(|name| name.starts_with("unknown_service")) {
            self.warning(
                "OTEL_SERVICE_NAME",
                "not set, so telemetry is of an unknown service",
            );
        }
    }

    fn log_filter(&mut self, filter: &str) {
        // The directive without a target is that of all targets.
        let mut directives = filter.split(',').map(str::trim);
        if let Some(level) = directives.find(|it| ["debug", "trace"].contains(it)) {
            let problem = format_args!(
                "`{level}` for all targets logs every frame of libraries; name targets"
            );
            self.warning("RUST_LOG", problem);
        }
    }

    fn clock(&mut self, now: SystemTime) {
        if now < SystemTime::UNIX_EPOCH + Duration::from_secs(EARLIEST) {
            self.error(
                "the clock of this machine",
                "before 2026, so receivers refuse telemetry",
            );
        }
    }

    fn optimization(&mut self, has_debug_assertions: bool) {
        if has_debug_assertions {
            self.warning("the profile of cargo", "built without `--release`");
        }
    }
}

impl fmt::Display for CheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("nothing found");
        }
        for (index, finding) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{finding}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_error { "error" } else { "warning" };
        write!(f, "{kind}: {}: {}", self.setting, self.problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(check: impl FnOnce(&mut CheckReport)) -> String {
        let mut report = CheckReport::default();
        check(&mut report);
        report.to_string()
    }

    #[test]
    fn clock_before_the_release_is_an_error() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let wrong = found(|report| report.clock(at(0)));
        assert_eq!(
            wrong,
            "error: the clock of this machine: before 2026, so receivers refuse telemetry"
        );
        assert_eq!(found(|report| report.clock(at(EARLIEST))), "nothing found");
    }

    #[test]
    fn loopback_in_kubernetes_is_an_error() {
        for (in_kubernetes, address, is_found) in [
            (true, "127.0.0.1:9464", true),
            (true, "[::1]:9464", true),
            (true, "0.0.0.0:9464", false),
            (false, "127.0.0.1:9464", false),
        ] {
            let address = address.parse().ok();
            let report = found(|report| report.management(in_kubernetes, address));
            assert_eq!(
                report.contains("OTEL_EXPORTER_PROMETHEUS_HOST"),
                is_found,
                "{report}"
            );
        }
    }

    #[test]
    fn verbose_level_of_all_targets_is_a_warning() {
        for (filter, is_found) in [
            ("trace", true),
            ("shop=info,debug", true),
            ("shop=debug,info", false),
            ("info", false),
        ] {
            let report = found(|report| report.log_filter(filter));
            assert_eq!(report.contains("RUST_LOG"), is_found, "{report}");
        }
    }

    #[test]
    fn unknown_service_and_debug_build_are_warnings() {
        assert!(found(|report| report.service_name(Some("unknown_service:shop"))).contains("NAME"));
        assert_eq!(
            found(|report| report.service_name(Some("shop"))),
            "nothing found"
        );
        assert!(found(|report| report.optimization(true)).contains("--release"));
        assert_eq!(found(|report| report.optimization(false)), "nothing found");
    }
}
