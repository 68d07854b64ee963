//! The filters of calls and of log records.

use std::time::Duration;

use gusset_data::Severity;

/// Which rows of a section are requested, by the query of the request. A filter that is not set, or empty, matches all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// The outcome of a call: `server_error`.
    pub(crate) outcome: Option<String>,
    /// A part of the route.
    pub(crate) route: Option<String>,
    /// The duration that a call exceeds.
    pub(crate) slower_than: Option<Duration>,
    /// The beginning of the trace id in hexadecimal.
    pub(crate) trace_id: Option<String>,
    /// The lowest severity of a log record.
    pub(crate) severity: Option<Severity>,
    /// A part of the message or the scope of a log record, in any case.
    pub(crate) text: Option<String>,
    /// The rows at most.
    pub(crate) limit: usize,
}

/// The rows that a page shows.
const PAGE_ROWS: usize = 100;

/// The rows of a response, at most.
pub(crate) const MAX_ROWS: usize = 1000;

/// The outcomes of calls.
pub(crate) const OUTCOMES: [&str; 5] = [
    "success",
    "client_error",
    "server_error",
    "cancelled",
    "rejected",
];

/// The severities of log records.
pub(crate) const SEVERITIES: [Severity; 6] = [
    Severity::Trace,
    Severity::Debug,
    Severity::Info,
    Severity::Warn,
    Severity::Error,
    Severity::Fatal,
];

// === impl Query ===

impl Default for Query {
    fn default() -> Self {
        Self {
            outcome: None,
            route: None,
            slower_than: None,
            trace_id: None,
            severity: None,
            text: None,
            limit: PAGE_ROWS,
        }
    }
}

impl Query {
    /// Reads the query of a request.
    ///
    /// # Errors
    /// A parameter that does not exist, or a value that is not valid, by name.
    pub(crate) fn parse(query: &str) -> Result<Self, String> {
        let mut this = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match &*key {
                "outcome" if OUTCOMES.contains(&value) => this.outcome = Some(value.to_owned()),
                "outcome" => return Err(format!("`outcome`: not one of {}", OUTCOMES.join(", "))),
                "route" => this.route = Some(value.to_owned()),
                "slower_than" => this.slower_than = Some(time(value)?),
                "trace_id" => this.trace_id = Some(value.to_ascii_lowercase()),
                "severity" => this.severity = Some(severity(value)?),
                "text" => this.text = Some(value.to_lowercase()),
                "limit" => {
                    let limit = value.parse().ok();
                    let limit = limit.filter(|limit| (1..=MAX_ROWS).contains(limit));
                    let problem = || format!("`limit`: not a number from 1 to {MAX_ROWS}");
                    this.limit = limit.ok_or_else(problem)?;
                }
                key => return Err(format!("`{}`: unknown", key.escape_default())),
            }
        }
        Ok(this)
    }
}

/// Returns a time: `250ms`, `2s`, or a number of milliseconds.
fn time(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => match text.strip_suffix('s') {
            Some(number) => (number, 1.0),
            None => (text, 1e-3),
        },
    };
    let seconds = number.trim().parse::<f64>().ok().map(|it| it * unit);
    let time = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| "`slower_than`: not a time, such as `250ms` or `2s`".to_owned())
}

fn severity(text: &str) -> Result<Severity, String> {
    let mut severities = SEVERITIES.into_iter();
    let severity = severities.find(|it| it.as_str().eq_ignore_ascii_case(text));
    severity.ok_or_else(|| {
        let names = SEVERITIES.map(Severity::as_str).join(", ");
        format!("`severity`: not one of {names}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_read() {
        let query = Query::parse("outcome=server_error&slower_than=250ms&route=orders&limit=5");
        let expected = Query {
            outcome: Some("server_error".to_owned()),
            route: Some("orders".to_owned()),
            slower_than: Some(Duration::from_millis(250)),
            limit: 5,
            ..Query::default()
        };
        assert_eq!(query, Ok(expected));
    }

    #[test]
    fn empty_filter_matches_all() {
        let query = Query::parse("outcome=&slower_than=&trace_id=&severity=&text=");
        assert_eq!(query, Ok(Query::default()));
    }

    #[test]
    fn invalid_filter_is_named() {
        for (query, setting) in [
            ("outcome=good", "`outcome`: not one of success"),
            ("slower_than=soon", "`slower_than`: not a time"),
            ("slower_than=-1", "`slower_than`: not a time"),
            ("severity=loud", "`severity`: not one of TRACE"),
            ("limit=1001", "`limit`: not a number from 1 to 1000"),
            ("colour=red", "`colour`: unknown"),
        ] {
            let error = Query::parse(query).unwrap_err();
            assert!(error.starts_with(setting), "{error}");
        }
    }

    #[test]
    fn times_have_units() {
        let times = ["250", "250ms", "0.25s", "0.25 s"].map(|text| time(text).unwrap());
        assert_eq!(times, [Duration::from_millis(250); 4]);
    }
}
