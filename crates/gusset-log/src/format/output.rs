use std::io::IsTerminal;

use gusset_core::Env;

/// The format of log entries.
///
/// ```
/// use gusset_core::Env;
/// use gusset_log::Format;
///
/// let env = Env::from_fn(&|_| None);
/// assert_eq!(Format::detect(env, true), Format::pretty(true));
/// assert_eq!(Format::detect(env, false), Format::Json);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One JSON object per entry: `timestamp`, `level`, `target`, `message` and the fields by their
    /// names. The ids are `trace_id`, `span_id` and `trace_flags`, as OpenTelemetry specifies for logs
    /// that are not OTLP.
    Json,
    /// JSON in the Elastic Common Schema 8.11. Fields that the schema lacks are `labels`, those of spans
    /// with the name of the span before theirs.
    Ecs,
    /// JSON for the logging agents of Google Cloud: `severity`, `httpRequest`,
    /// `logging.googleapis.com/…`.
    #[non_exhaustive]
    GoogleCloud {
        /// The id of the project that traces belong to. Without it, an entry has the trace id alone.
        project: Option<String>,
    },
    /// JSON with the standard attributes of Datadog, and the ids in decimal too.
    Datadog,
    /// JSON in which access log entries are also metrics of AWS CloudWatch (Embedded Metric Format).
    #[non_exhaustive]
    Emf {
        /// The namespace of the metrics.
        namespace: String,
    },
    /// `key=value` pairs.
    Logfmt,
    /// The Common Log Format. It has access log entries only; other entries are omitted.
    ///
    /// The client's address is that of the connection, which the server has to provide
    /// ([`PeerAddr`](gusset_http::PeerAddr)), or else `0.0.0.0`.
    Common,
    /// The Combined Log Format: [`Common`](Self::Common) with referrer and user agent.
    Combined,
    /// For people who read the log in a terminal.
    ///
    /// An access log entry is one line of at most 100 columns: time of day in UTC, level, method, path,
    /// status, duration, size, and eight digits of the trace id. A longer path is cut. What is out of the
    /// ordinary follows: an outcome other than success, the type of an error, a query.
    #[non_exhaustive]
    Pretty {
        /// Whether to use ANSI colours.
        color: bool,
        /// Whether entries have the date, and access log entries all fields and ids.
        all_fields: bool,
    },
}

// === impl Format ===

impl Format {
    /// The environment variable that overrides the format of a log.
    ///
    /// Its values are `json`, `ecs`, `google_cloud` (with the project of `GOOGLE_CLOUD_PROJECT`), `datadog`,
    /// `emf` (with the service's name as namespace), `logfmt`, `common`, `combined`, `pretty` and
    /// `pretty_full`. The settings of a format that is also set in code are kept. Another value is ignored
    /// with a warning.
    pub const ENV: &'static str = "GUSSET_LOGS_FORMAT";

    /// Returns the format for standard output: pretty for a terminal, else JSON. Colours are off if
    /// `NO_COLOR` is set or `TERM` is `dumb`.
    pub fn auto() -> Self {
        Self::detect(Env::process(), std::io::stdout().is_terminal())
    }

    /// Returns the format as [`auto`](Self::auto), for the given environment and output.
    pub fn detect(env: Env<'_>, is_terminal: bool) -> Self {
        if !is_terminal {
            return Self::Json;
        }
        // A variable that is not valid Unicode is set.
        let no_color = env.var("NO_COLOR").map_or(true, |value| value.is_some());
        let is_dumb = matches!(env.var("TERM"), Ok(Some(term)) if term == "dumb");
        Self::pretty(!no_color && !is_dumb)
    }

    /// Returns the format for people, with or without colours.
    pub const fn pretty(color: bool) -> Self {
        Self::Pretty {
            color,
            all_fields: false,
        }
    }

    /// Returns the format for people with all fields of access log entries, and with the date.
    ///
    /// ```
    /// use gusset_log::{Format, LogLayer};
    ///
    /// let log = LogLayer::builder().format(Format::pretty_full(false));
    /// ```
    pub const fn pretty_full(color: bool) -> Self {
        Self::Pretty {
            color,
            all_fields: true,
        }
    }

    /// Returns the format for Google Cloud. `project` is the id of the project that traces belong to.
    pub fn google_cloud(project: impl Into<String>) -> Self {
        Self::GoogleCloud {
            project: Some(project.into()),
        }
    }

    /// Returns the format for AWS CloudWatch, with metrics in this namespace.
    pub fn emf(namespace: impl Into<String>) -> Self {
        Self::Emf {
            namespace: namespace.into(),
        }
    }

    /// Returns whether entries other than access log entries are omitted.
    pub(crate) fn is_access_only(&self) -> bool {
        matches!(self, Self::Common | Self::Combined)
    }

    /// Returns whether readers of the format expect the service's name in each entry.
    pub(crate) fn expects_resource(&self) -> bool {
        matches!(self, Self::Ecs | Self::Datadog)
    }

    /// Returns whether the fields of spans are among those of the entry.
    pub(crate) fn is_flat(&self) -> bool {
        matches!(self, Self::Logfmt | Self::Ecs)
    }

    /// Returns whether an entry is a JSON object.
    pub(crate) fn is_json(&self) -> bool {
        !matches!(
            self,
            Self::Common | Self::Combined | Self::Logfmt | Self::Pretty { .. }
        )
    }
}
