//! The names of the metrics and of the fields of a call. Renaming one is a breaking change.
//!
//! `dns.lookup.duration` and `http.client.connection.duration` are those of OpenTelemetry's semantic conventions (1.44).
//! What the conventions lack begins with `gusset.`. Their `http.client.open_connections` requires whether a connection is
//! idle, which only the pool of a client knows, so the open ones have a name of their own.
//!
//! ```
//! for metric in gusset_client::names::ALL {
//!     assert!(!metric.help.is_empty(), "{}", metric.name);
//! }
//! ```

use gusset_data::semconv::{ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT};
use gusset_data::{InstrumentKind, MetricDescriptor, Unit};

use crate::Phase;

/// `dns.question.name`: the name that was looked up.
pub const DNS_QUESTION_NAME: &str = "dns.question.name";
/// `gusset.http.client.phase`: a [`Phase`].
pub const PHASE: &str = "gusset.http.client.phase";
/// `gusset.http.client.connection.reused`: `true` or `false`. Also a field of a call.
pub const REUSED: &str = "gusset.http.client.connection.reused";

/// `gusset.http.client.failed_phase`: a field of a call that failed or was cancelled.
pub const FAILED_PHASE: &str = "gusset.http.client.failed_phase";

/// `gusset.http.client.attempts`: a field of a call that was retried, and an attribute of its span.
pub const ATTEMPTS: &str = "gusset.http.client.attempts";
/// `gusset.http.client.retry_delay`: the time between the attempts in seconds, a field and an attribute as
/// [`ATTEMPTS`].
pub const RETRY_DELAY: &str = "gusset.http.client.retry_delay";

/// `gusset.http.server.phase`: a phase that the server has registered. The fields of a call are
/// `gusset.http.server.phase.` and its name.
pub const SERVER_PHASE: &str = "gusset.http.server.phase";

/// The time of a name lookup.
pub const DNS_LOOKUP_DURATION: MetricDescriptor = histogram(
    "dns.lookup.duration",
    "Duration of the lookup of a server's name.",
)
.with_labels(&[DNS_QUESTION_NAME, ERROR_TYPE]);

/// The life of a connection.
pub const CONNECTION_DURATION: MetricDescriptor = histogram(
    "http.client.connection.duration",
    "Duration of outgoing HTTP connections, from the end of the handshake to the close.",
)
.with_labels(&[SERVER_ADDRESS, SERVER_PORT])
.with_boundaries(&[
    0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0,
]);

/// The open connections.
pub const OPEN_CONNECTIONS: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.connections",
    InstrumentKind::UpDownCounter,
    Unit::Count("{connection}"),
    "Number of open outgoing HTTP connections, in use or idle.",
)
.with_labels(&[SERVER_ADDRESS, SERVER_PORT]);

/// The calls by whether their connection is a reused one.
pub const CONNECTION_USES: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.connection.uses",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of outgoing HTTP requests with a response, by whether their connection was a reused one.",
)
.with_labels(&[SERVER_ADDRESS, SERVER_PORT, REUSED]);

/// The time of a phase.
pub const PHASE_DURATION: MetricDescriptor = histogram(
    "gusset.http.client.phase.duration",
    "Duration of the phases of outgoing HTTP requests. TCP and TLS are those of new connections only.",
)
.with_labels(&[PHASE, SERVER_ADDRESS, SERVER_PORT]);

/// The failures by phase.
pub const PHASE_FAILURES: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.phase.failures",
    InstrumentKind::Counter,
    Unit::Count("{request}"),
    "Number of outgoing HTTP requests that failed or were cancelled, by the phase in which they were.",
)
.with_labels(&[PHASE, ERROR_TYPE, SERVER_ADDRESS, SERVER_PORT]);

/// The retries of a call.
pub const CALL_RETRIES: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.call.retries",
    InstrumentKind::Histogram,
    Unit::Count("{retry}"),
    "Number of retries of outgoing HTTP calls.",
)
.with_boundaries(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);

/// The time between the attempts of a call.
pub const CALL_RETRY_DELAY: MetricDescriptor = histogram(
    "gusset.http.client.call.retry_delay",
    "Time between the attempts of outgoing HTTP calls that were retried.",
);

/// The end of the validity of a server's certificate.
pub const CERTIFICATE_EXPIRY: MetricDescriptor = MetricDescriptor::new(
    "gusset.http.client.certificate.expiry",
    InstrumentKind::Gauge,
    Unit::Seconds,
    "When the certificate of the server expires, as it was at the last handshake, in seconds since 1970.",
)
.with_labels(&[SERVER_ADDRESS, SERVER_PORT]);

/// The time of a phase of a server.
pub const SERVER_PHASE_DURATION: MetricDescriptor = histogram(
    "gusset.http.server.phase.duration",
    "Time that HTTP server requests spent in a phase that the service names.",
)
.with_labels(&[SERVER_PHASE]);

/// All metrics.
pub static ALL: &[MetricDescriptor] = &[
    DNS_LOOKUP_DURATION,
    CONNECTION_DURATION,
    OPEN_CONNECTIONS,
    CONNECTION_USES,
    PHASE_DURATION,
    PHASE_FAILURES,
    CALL_RETRIES,
    CALL_RETRY_DELAY,
    CERTIFICATE_EXPIRY,
    SERVER_PHASE_DURATION,
];

/// Returns the field of a call that has the time of a phase, in seconds.
///
/// ```
/// use gusset_client::{Phase, names};
///
/// assert_eq!(names::field(Phase::Dns), "gusset.http.client.dns");
/// ```
pub const fn field(phase: Phase) -> &'static str {
    match phase {
        Phase::Dns => "gusset.http.client.dns",
        Phase::Tcp => "gusset.http.client.tcp",
        Phase::Tls => "gusset.http.client.tls",
        Phase::Wait => "gusset.http.client.wait",
        Phase::Send => "gusset.http.client.send",
        Phase::FirstByte => "gusset.http.client.first_byte",
        Phase::Download => "gusset.http.client.download",
    }
}

const fn histogram(name: &'static str, help: &'static str) -> MetricDescriptor {
    MetricDescriptor::new(name, InstrumentKind::Histogram, Unit::Seconds, help)
}
