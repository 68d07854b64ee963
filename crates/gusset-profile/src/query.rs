//! The parameters of a request.

use std::time::Duration;

use crate::request::{Format, Kind};

const DEFAULT_SECONDS: u64 = 30;

/// The parameters, with their defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameters {
    pub(crate) format: Format,
    pub(crate) duration: Duration,
}

// === impl Parameters ===

impl Parameters {
    /// Parses the query of a request.
    ///
    /// # Errors
    /// The parameter and the problem, for the client.
    pub(crate) fn parse(
        kind: Kind,
        query: Option<&str>,
        max_duration: Duration,
    ) -> Result<Self, String> {
        let max_seconds = max_duration.as_secs();
        let mut seconds = DEFAULT_SECONDS.min(max_seconds);
        let mut format = Format::Pprof;
        let query = query.unwrap_or_default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*key {
                "seconds" if kind == Kind::Cpu => {
                    let parsed = value.parse().ok();
                    let parsed = parsed.filter(|seconds| (1..=max_seconds).contains(seconds));
                    seconds = parsed.ok_or_else(|| {
                        format!("`seconds`: not a whole number from 1 to {max_seconds}")
                    })?;
                }
                "format" => {
                    format = match &*value {
                        "pprof" => Format::Pprof,
                        "flamegraph" => flamegraph()?,
                        _ => return Err("`format`: not `pprof` or `flamegraph`".to_owned()),
                    };
                }
                unknown => return Err(format!("`{}`: unknown", unknown.escape_default())),
            }
        }
        Ok(Self {
            format,
            duration: Duration::from_secs(seconds),
        })
    }
}

#[cfg(feature = "flamegraph")]
fn flamegraph() -> Result<Format, String> {
    Ok(Format::Flamegraph)
}

#[cfg(not(feature = "flamegraph"))]
fn flamegraph() -> Result<Format, String> {
    Err("`format`: the program was built without the feature `flamegraph`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_DURATION: Duration = Duration::from_secs(60);

    fn parse(kind: Kind, query: &str) -> Result<Parameters, String> {
        Parameters::parse(kind, Some(query), MAX_DURATION)
    }

    #[test]
    fn defaults_are_thirty_seconds_of_pprof() {
        let parameters = Parameters::parse(Kind::Cpu, None, MAX_DURATION);
        let expected = Parameters {
            format: Format::Pprof,
            duration: Duration::from_secs(30),
        };
        assert_eq!(parameters, Ok(expected));
    }

    #[test]
    fn default_is_within_a_shorter_limit() {
        let parameters = Parameters::parse(Kind::Cpu, None, Duration::from_secs(5));
        assert_eq!(parameters.map(|it| it.duration), Ok(Duration::from_secs(5)));
    }

    #[cfg(feature = "flamegraph")]
    #[test]
    fn both_parameters_are_read() {
        let parameters = parse(Kind::Cpu, "seconds=60&format=flamegraph");
        let expected = Parameters {
            format: Format::Flamegraph,
            duration: MAX_DURATION,
        };
        assert_eq!(parameters, Ok(expected));
    }

    #[cfg(not(feature = "flamegraph"))]
    #[test]
    fn flamegraph_needs_its_feature() {
        let error = parse(Kind::Cpu, "format=flamegraph").unwrap_err();
        assert!(
            error.ends_with("without the feature `flamegraph`"),
            "{error}"
        );
    }

    #[test]
    fn invalid_parameters_are_named() {
        for (kind, query, error) in [
            (
                Kind::Cpu,
                "seconds=0",
                "`seconds`: not a whole number from 1 to 60",
            ),
            (
                Kind::Cpu,
                "seconds=61",
                "`seconds`: not a whole number from 1 to 60",
            ),
            (
                Kind::Cpu,
                "seconds=-1",
                "`seconds`: not a whole number from 1 to 60",
            ),
            (
                Kind::Cpu,
                "seconds=1.5",
                "`seconds`: not a whole number from 1 to 60",
            ),
            (
                Kind::Cpu,
                "seconds=",
                "`seconds`: not a whole number from 1 to 60",
            ),
            (
                Kind::Cpu,
                "format=svg",
                "`format`: not `pprof` or `flamegraph`",
            ),
            (Kind::Cpu, "debug=1", "`debug`: unknown"),
            // Go's difference of two heaps.
            (Kind::Heap, "seconds=1", "`seconds`: unknown"),
            (Kind::Heap, "%0a=1", "`\\n`: unknown"),
        ] {
            assert_eq!(parse(kind, query), Err(error.to_owned()), "{query}");
        }
    }
}
