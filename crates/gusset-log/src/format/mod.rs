//! What lines look like.

pub(crate) mod clf;
pub(crate) mod digits;
pub(crate) mod json;
pub(crate) mod keys;
pub(crate) mod line;
pub(crate) mod logfmt;
mod plain;
pub(crate) mod pretty;
pub(crate) mod shape;
pub(crate) mod time;
mod value;

use std::io::IsTerminal;

/// What lines look like.
///
/// ```
/// use gusset_log::Format;
///
/// // Colours for people, JSON for machines; here with the environment and the terminal given.
/// let format = Format::choose(|_| None, true);
/// assert_eq!(format, Format::pretty(true));
/// assert_eq!(Format::choose(|_| None, false), Format::Json);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// One JSON object a line: `timestamp`, `level`, `target`, `message`, the fields by their names, and
    /// `trace_id`, `span_id`, `trace_flags` as OpenTelemetry has them in logs that are not OTLP.
    Json,
    /// JSON by the Elastic Common Schema 8.11. Fields that the schema does not know are `labels`.
    Ecs,
    /// JSON as Google Cloud's logging agents read it: `severity`, `httpRequest`, `logging.googleapis.com/…`.
    #[non_exhaustive]
    GoogleCloud {
        /// The id of the project that traces belong to; without it, a line bears the trace's id alone.
        project: Option<String>,
    },
    /// JSON with the standard attributes of Datadog, the ids in its decimal spelling too.
    Datadog,
    /// JSON whose access lines are metrics of AWS CloudWatch too, by the Embedded Metric Format.
    #[non_exhaustive]
    Emf {
        /// The namespace of the metrics.
        namespace: String,
    },
    /// `key=value` pairs.
    Logfmt,
    /// The Common Log Format: access lines alone, all else is left out.
    Common,
    /// The Combined Log Format: [`Common`](Self::Common), with referrer and user agent.
    Combined,
    /// For people.
    #[non_exhaustive]
    Pretty {
        /// With colours.
        color: bool,
    },
}

// === impl Format ===

impl Format {
    /// Pretty if standard output is a terminal, with colours unless `NO_COLOR` is set; else JSON.
    pub fn auto() -> Self {
        Self::choose(
            |name| std::env::var(name).ok(),
            std::io::stdout().is_terminal(),
        )
    }

    /// As [`auto`](Self::auto), with the environment and the terminal given.
    pub fn choose(env: impl Fn(&str) -> Option<String>, is_terminal: bool) -> Self {
        if !is_terminal {
            return Self::Json;
        }
        let is_set = |name| env(name).is_some_and(|value| !value.is_empty());
        Self::pretty(!is_set("NO_COLOR") && env("TERM").is_none_or(|term| term != "dumb"))
    }

    /// For people, with or without colours.
    pub const fn pretty(color: bool) -> Self {
        Self::Pretty { color }
    }

    /// For Google Cloud; `project` is the id of the project that traces belong to.
    pub fn google_cloud(project: impl Into<String>) -> Self {
        Self::GoogleCloud {
            project: Some(project.into()),
        }
    }

    /// For AWS CloudWatch, with metrics in that namespace.
    pub fn emf(namespace: impl Into<String>) -> Self {
        Self::Emf {
            namespace: namespace.into(),
        }
    }

    /// Whether lines other than those of calls are left out.
    pub(crate) fn is_for_calls_only(&self) -> bool {
        matches!(self, Self::Common | Self::Combined)
    }
}
