//! The sections of what a service has besides telemetry.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{Secret, choices, duration, is_default, section};

section! {
    /// Health: probes, checks and the life cycle.
    HealthConfig {
        /// Whether there is health. Defaults to `true`.
        enabled: Option<bool>,
        /// The time without a beat after which the main runtime counts as stuck. Defaults to 30 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        live_deadline: Option<Duration>,
        /// Whether the start is complete once all readiness checks pass. Defaults to `false`.
        start_when_ready: bool,
        /// The longest time of the start without a report of progress. Defaults to no deadline.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        start_deadline: Option<Duration>,
        /// The time of the container's `preStop` hook. Defaults to 0 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        pre_stop_duration: Option<Duration>,
        /// How long requests are served after readiness fails. Defaults to 5 s in Kubernetes and to 0 s
        /// elsewhere.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        drain_delay: Option<Duration>,
        /// The deadline for requests in flight. Defaults to the rest of the grace period.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        in_flight_deadline: Option<Duration>,
        /// The platform's grace period, from SIGTERM to SIGKILL. Defaults to 30 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        termination_grace: Option<Duration>,
        /// Whether SIGTERM and Ctrl-C begin the shutdown. Defaults to `true`.
        handle_signals: Option<bool>,
        /// The token that details require. Defaults to none: probes have no details.
        #[schemars(extend("x-secret" = true))]
        details_token: Option<Secret>,
    }
}

section! {
    /// The management server, with the scrape endpoint and the probes.
    ManagementConfig {
        /// Whether there is a management server. Defaults to `true`.
        enabled: Option<bool>,
        /// The address to listen on. Defaults to `127.0.0.1`.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_PROMETHEUS_HOST"))]
        host: Option<String>,
        /// The port to listen on. Defaults to 9464, or to a free one without `init`.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_PROMETHEUS_PORT"))]
        port: Option<u16>,
        /// The connections, at most. Defaults to 256.
        max_connections: Option<usize>,
        /// The connections of one address, at most. Defaults to a quarter of `max_connections`.
        max_connections_per_peer: Option<usize>,
        /// The token that changes of the log filter and of the sampling require. Defaults to none: only from this
        /// machine.
        #[schemars(extend("x-secret" = true))]
        controls_token: Option<Secret>,
    }
}

section! {
    /// The readings of process, container, host and runtime.
    SystemConfig {
        /// Whether there are readings. Defaults to `true`.
        enabled: Option<bool>,
        /// The time between two readings, 1 s at least. Defaults to 10 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        interval: Option<Duration>,
        /// Whether the metrics of the process also have the names of Prometheus's client libraries:
        /// `process_cpu_seconds_total`. Defaults to `false`.
        classic_names: bool,
    }
}

section! {
    /// How HTTP and gRPC servers read requests.
    HttpConfig {
        /// The paths without telemetry, besides those of probes and scrapes; `/internal/*` stands for
        /// everything below. Defaults to none.
        exclude_paths: Vec<String>,
        /// The methods that are reported; others are `_OTHER`. Defaults to the standard ones.
        #[schemars(extend("x-env" = "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS"))]
        known_methods: Option<Vec<String>>,
        /// The address ranges of trusted proxies: `10.0.0.0/8`. Defaults to none.
        trusted_proxies: Vec<String>,
        /// Whether the paths of requests are hidden. Defaults to `false`.
        hide_paths: Option<bool>,
        /// Whether the `User-Agent` header is reported. Defaults to log entries only.
        user_agent: Option<bool>,
        /// Whether failed calls of servers have the text of the error. Defaults to `false`.
        exception_messages: Option<bool>,
        /// Whether the scheme of requests that name none is `https`. Defaults to `false`.
        https: bool,
    }
}

section! {
    /// A circuit breaker.
    BreakerConfig {
        /// The name of the breaker with the settings that this one does not set: another one of this file, or
        /// `internal` or `third_party`. Defaults to `default`, if the file has it.
        base: Option<String>,
        /// Whether the breaker rejects calls, only counts what it would reject, or does nothing. Defaults to
        /// `active`.
        mode: Option<BreakerMode>,
        /// The time of which calls are counted. Defaults to 10 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        time_window: Option<Duration>,
        /// The number of calls that are counted, instead of a time. Defaults to none.
        count_window: Option<u32>,
        /// The calls in the window below which rates are not evaluated. Defaults to 20.
        minimum_calls: Option<u32>,
        /// The ratio of failed calls that opens the breaker, above 0 and at most 1. Defaults to 0.5.
        failure_rate_threshold: Option<f64>,
        /// The time from which a call is slow. Defaults to none: no call is slow.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        slow_call_duration: Option<Duration>,
        /// The ratio of slow calls that opens the breaker, above 0 and at most 1. Defaults to 1.
        slow_call_rate_threshold: Option<f64>,
        /// The consecutive failures that open the breaker. Defaults to none.
        consecutive_failures: Option<u32>,
        /// The calls that a half-open breaker admits. Defaults to 3.
        half_open_calls: Option<u32>,
        /// How long a half-open breaker waits for its calls. Defaults to `open_duration`.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        max_half_open: Option<Duration>,
        /// How long the breaker stays open the first time. Defaults to 5 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        open_duration: Option<Duration>,
        /// The factor of the open duration each further time. Defaults to 2.
        open_backoff_multiplier: Option<f64>,
        /// The longest open duration. Defaults to 60 s.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        max_open_duration: Option<Duration>,
        /// The ratio of the open duration that is added at random. Defaults to 0.1.
        open_jitter: Option<f64>,
        /// The longest `Retry-After` that is honoured. Defaults to none.
        #[schemars(with = "Option<duration::Text>")]
        #[serde(with = "duration")]
        honour_retry_after: Option<Duration>,
    }
}

choices! {
    /// What a breaker does.
    BreakerMode {
        /// It rejects calls while it is open.
        Active = "active",
        /// It counts the calls that it would reject, and admits them.
        DryRun = "dry_run",
        /// It admits all calls and counts nothing.
        Disabled = "disabled",
    }
}

choices! {
    /// A format of trace context and baggage in headers.
    PropagatorName {
        /// W3C Trace Context.
        TraceContext = "tracecontext",
        /// W3C Baggage.
        Baggage = "baggage",
        /// B3 in one header.
        B3 = "b3",
        /// B3 in several headers.
        B3Multi = "b3multi",
        /// Jaeger.
        Jaeger = "jaeger",
        /// AWS X-Ray.
        XRay = "xray",
        /// Nothing is read or sent.
        None = "none",
    }
}

choices! {
    /// Which of gusset's own problems with the export are logged.
    SdkLogLevel {
        /// None.
        None = "none",
        /// Errors.
        Error = "error",
        /// Warnings too.
        Warn = "warn",
        /// The start and the end too.
        Info = "info",
        /// As `info`.
        Debug = "debug",
    }
}
