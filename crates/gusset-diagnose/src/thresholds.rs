//! When a value is a finding.

use gusset_core::ConfigError;

use crate::Severity;

/// The two thresholds of a value that is worse the greater it is.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a pair of numbers")]
pub struct Levels {
    /// From this value on there is a warning.
    pub warning: f64,
    /// From this value on it is critical. Infinite if it never is.
    pub critical: f64,
}

/// When a value is a finding. `docs/system.md` has the table of them with their sources.
///
/// "node-mixin" and "kubernetes-mixin" are the rules that Prometheus's and Kubernetes's projects maintain. "dial9" is
/// the viewer of Tokio traces of that name. A threshold without a source is this project's choice.
///
/// ```
/// use gusset_diagnose::Thresholds;
///
/// let mut thresholds = Thresholds::default();
/// thresholds.cpu_pressure.warning = 0.3;
/// thresholds.validate()?;
///
/// thresholds.cpu_pressure.critical = 0.1;
/// let error = thresholds.validate().unwrap_err();
/// assert_eq!(error.to_string(), "`cpu_pressure`: the warning is above the critical value");
/// # Ok::<(), gusset_core::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Thresholds {
    /// The load average by CPU, where the tree is entered. Defaults to 1 and 2 (node-mixin).
    pub load_per_cpu: Levels,
    /// The share of time in which a thread waited for a CPU. Defaults to 20 % and 50 %.
    pub cpu_pressure: Levels,
    /// The share of the CPUs that is used. Defaults to 90 % (node-mixin).
    pub cpu_utilisation: Levels,
    /// The share of CPU time that the hypervisor gave to others. Defaults to 5 % and 10 %.
    pub cpu_steal: Levels,
    /// The share of periods in which the cgroup was stopped. Defaults to 25 % (kubernetes-mixin) and 50 %.
    pub cpu_throttled: Levels,
    /// The kernel's share of the CPU time of the process, if that uses half of its CPUs. Defaults to 50 %.
    pub cpu_in_kernel: Levels,
    /// The busy share of one worker while the mean is below half. Defaults to 90 %.
    pub one_worker_busy: Levels,
    /// The busy share of all workers while they use the CPU for less than half of it. Defaults to 50 % and 80 %
    /// (measured: blocking sleeps 80 % busy with no CPU time; see `docs/system.md`).
    pub workers_busy_without_cpu: Levels,
    /// Up to this share of busy time in which threads waited for a CPU, the workers were blocked. Defaults to 10 %.
    pub blocked_run_delay: f64,
    /// From this share on, the workers lacked a CPU. Defaults to 30 %.
    pub contended_run_delay: f64,
    /// Polls that took too long, by minute. Defaults to 1 and 60. What is too long is decided where they are counted.
    pub long_polls_per_minute: Levels,
    /// The 99th percentile of how late timers fire, in seconds. Defaults to 5 ms (dial9) and 50 ms.
    pub runtime_lag: Levels,
    /// The tasks in the global queue. Defaults to 100 and 1000 (dial9).
    pub runtime_queue: Levels,
    /// The share of time in which a task waited for a disk. Defaults to 20 % and 50 %.
    pub io_pressure: Levels,
    /// The mean number of operations in progress of a disk. Defaults to 10 (node-mixin).
    pub disk_queue: Levels,
    /// The mean time of an operation of a disk that is busy for 60 % of the time, in seconds. Defaults to 20 ms and
    /// 100 ms.
    pub disk_latency: Levels,
    /// The tasks that wait for a device, by CPU, while half of the CPU time is idle. Defaults to 1 and 4.
    pub stuck_tasks_per_cpu: Levels,
    /// The share of memory that is used. Defaults to 90 % (node-mixin) and 95 %.
    pub memory_used: Levels,
    /// The share of time in which all tasks waited for memory. Defaults to 1 % and 10 %.
    pub memory_pressure: Levels,
    /// Page faults a second that needed a disk. Defaults to 500 (node-mixin).
    pub major_faults: Levels,
    /// Pages a second that were swapped in or out. Defaults to 1 and 1000.
    pub swapped_pages: Levels,
    /// The time until a growing resource is used up, in seconds: a finding from this value down. Defaults to 24 h
    /// (node-mixin, of file systems) and 2 h.
    pub time_to_limit: Levels,
    /// The share of the limit of file descriptors that is in use. Defaults to 70 % and 90 % (node-mixin).
    pub open_files: Levels,
    /// The share of the limit of tasks (threads) of the cgroup that is in use. Defaults to 80 % and 95 %.
    pub tasks: Levels,
    /// The share of a file system that is used. Defaults to 95 % and 97 % (node-mixin).
    pub disk_used: Levels,
    /// The share of the inodes of a file system that is used. Defaults to 95 % and 97 % (node-mixin).
    pub inodes_used: Levels,
    /// The share of TCP segments that were sent again, of at least 1,000. Defaults to 1 % and 5 %.
    pub retransmits: Levels,
    /// The share of packets with errors. Defaults to 1 % (node-mixin) and 5 %.
    pub network_errors: Levels,
    /// Connections a second that a listener dropped. Defaults to any and 10.
    pub dropped_connections: Levels,
    /// The sockets in TIME_WAIT by ephemeral port. Defaults to 50 % and 80 %.
    pub time_wait: Levels,
    /// The share of tracked connections of their limit. Defaults to 75 % (node-mixin) and 90 %.
    pub tracked_connections: Levels,
    /// The share of the time of calls in which they wait for others. Defaults to 80 %.
    pub waiting_share: f64,
    /// The 99th percentile of the calls to a dependency, in seconds. Defaults to 0.5 s and 2 s.
    pub dependency_p99: Levels,
    /// How many times its usual 99th percentile a dependency takes. Defaults to 3 and 10.
    pub dependency_slowdown: Levels,
    /// The share of the calls to a dependency that fail. Defaults to 5 % and 50 %.
    pub dependency_errors: Levels,
    /// The share of the time of calls to a dependency in which names are resolved and connections are opened. Defaults
    /// to 50 %.
    pub connecting: Levels,
    /// The 99th percentile of the time to get a connection of a pool, in seconds. Defaults to 10 ms and 1 s.
    pub pool_wait: Levels,
    /// The failed sign-ins of one account in up to an hour. Defaults to 10, after which the UK's Cyber Essentials lock an
    /// account, and 100, which OWASP's ASVS 4.0.3 (2.2.1) admits in an hour at most.
    pub account_failures: Levels,
    /// The failed sign-ins of one client in up to an hour. Defaults to 50 and 500, because an office may be one client.
    pub client_failures: Levels,
    /// The share of sign-ins that fail, if at least 100 do in ten minutes. Defaults to 50 % and 90 %.
    pub sign_in_failures: Levels,
    /// The 99th percentile of the calls of a route, in seconds, that is slow. Defaults to 1 s and 5 s.
    pub route_p99: Levels,
}

// === impl Levels ===

impl Levels {
    /// Creates a pair.
    pub const fn new(warning: f64, critical: f64) -> Self {
        Self { warning, critical }
    }

    /// Creates a warning without a critical value.
    pub const fn warning(warning: f64) -> Self {
        Self::new(warning, f64::INFINITY)
    }

    /// Returns the severity of a value, or `None` below the warning.
    ///
    /// ```
    /// use gusset_diagnose::{Levels, Severity};
    ///
    /// let levels = Levels::new(0.5, 0.8);
    /// assert_eq!(levels.severity(0.4), None);
    /// assert_eq!(levels.severity(0.5), Some(Severity::Warning));
    /// assert_eq!(levels.severity(0.9), Some(Severity::Critical));
    /// ```
    pub fn severity(self, value: f64) -> Option<Severity> {
        if value >= self.critical {
            Some(Severity::Critical)
        } else if value >= self.warning {
            Some(Severity::Warning)
        } else {
            None
        }
    }

    /// Returns the severity of a value that is worse the smaller it is.
    pub(crate) fn severity_below(self, value: f64) -> Option<Severity> {
        Self::new(-self.warning, -self.critical).severity(-value)
    }
}

// === impl Thresholds ===

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            load_per_cpu: Levels::new(1.0, 2.0),
            cpu_pressure: Levels::new(0.2, 0.5),
            cpu_utilisation: Levels::warning(0.9),
            cpu_steal: Levels::new(0.05, 0.1),
            cpu_throttled: Levels::new(0.25, 0.5),
            cpu_in_kernel: Levels::warning(0.5),
            one_worker_busy: Levels::warning(0.9),
            workers_busy_without_cpu: Levels::new(0.5, 0.8),
            blocked_run_delay: 0.1,
            contended_run_delay: 0.3,
            long_polls_per_minute: Levels::new(1.0, 60.0),
            runtime_lag: Levels::new(0.005, 0.05),
            runtime_queue: Levels::new(100.0, 1000.0),
            io_pressure: Levels::new(0.2, 0.5),
            disk_queue: Levels::warning(10.0),
            disk_latency: Levels::new(0.02, 0.1),
            stuck_tasks_per_cpu: Levels::new(1.0, 4.0),
            memory_used: Levels::new(0.9, 0.95),
            memory_pressure: Levels::new(0.01, 0.1),
            major_faults: Levels::warning(500.0),
            swapped_pages: Levels::new(1.0, 1000.0),
            time_to_limit: Levels::new(24.0 * 3600.0, 2.0 * 3600.0),
            open_files: Levels::new(0.7, 0.9),
            tasks: Levels::new(0.8, 0.95),
            disk_used: Levels::new(0.95, 0.97),
            inodes_used: Levels::new(0.95, 0.97),
            retransmits: Levels::new(0.01, 0.05),
            network_errors: Levels::new(0.01, 0.05),
            dropped_connections: Levels::new(f64::MIN_POSITIVE, 10.0),
            time_wait: Levels::new(0.5, 0.8),
            tracked_connections: Levels::new(0.75, 0.9),
            waiting_share: 0.8,
            dependency_p99: Levels::new(0.5, 2.0),
            dependency_slowdown: Levels::new(3.0, 10.0),
            dependency_errors: Levels::new(0.05, 0.5),
            connecting: Levels::warning(0.5),
            pool_wait: Levels::new(0.01, 1.0),
            account_failures: Levels::new(10.0, 100.0),
            client_failures: Levels::new(50.0, 500.0),
            sign_in_failures: Levels::new(0.5, 0.9),
            route_p99: Levels::new(1.0, 5.0),
        }
    }
}

impl Thresholds {
    /// Checks the thresholds.
    ///
    /// # Errors
    /// If one is not a positive number, or a warning is above its critical value.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (name, levels) in self.levels() {
            let Levels { warning, critical } = levels;
            if !(warning > 0.0 && critical > 0.0) {
                return Err(ConfigError::new(name, "not a positive number"));
            }
            // The time to a limit is worse the shorter it is.
            let is_ordered = match name {
                "time_to_limit" => warning >= critical,
                _ => warning <= critical,
            };
            if !is_ordered {
                let problem = "the warning is above the critical value";
                return Err(ConfigError::new(name, problem));
            }
        }
        for (name, share) in [
            ("blocked_run_delay", self.blocked_run_delay),
            ("contended_run_delay", self.contended_run_delay),
            ("waiting_share", self.waiting_share),
        ] {
            if share.is_nan() || share <= 0.0 {
                return Err(ConfigError::new(name, "not a positive number"));
            }
        }
        if self.blocked_run_delay > self.contended_run_delay {
            let problem = "above `contended_run_delay`";
            return Err(ConfigError::new("blocked_run_delay", problem));
        }
        Ok(())
    }

    /// Returns all pairs with their names.
    fn levels(&self) -> [(&'static str, Levels); 38] {
        macro_rules! named {
            ($($field:ident)*) => { [$((stringify!($field), self.$field)),*] };
        }
        named![
            load_per_cpu cpu_pressure cpu_utilisation cpu_steal cpu_throttled cpu_in_kernel one_worker_busy
            workers_busy_without_cpu long_polls_per_minute runtime_lag runtime_queue io_pressure disk_queue
            disk_latency stuck_tasks_per_cpu memory_used memory_pressure major_faults swapped_pages time_to_limit
            open_files tasks disk_used inodes_used retransmits network_errors dropped_connections time_wait
            tracked_connections dependency_p99 dependency_slowdown dependency_errors connecting pool_wait
            account_failures client_failures sign_in_failures route_p99
        ]
    }
}
