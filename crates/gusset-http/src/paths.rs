//! PathFilter to be left out.

use gusset_core::Predicate;

use crate::{Http, HttpClassifier, RequestHead};

/// PathFilter whose calls are not observed: probes and scrapes, which are no traffic.
///
/// Matched on the path as sent, whole, unless it ends with `/*`, which matches all below it too.
///
/// ```
/// use gusset_core::Filter;
/// use gusset_http::PathFilter;
/// # struct Print;
/// # let (log, metrics) = (Print, Print);
/// let observer = FilteredObserver::new((log, metrics), PathFilter::excluding(["/metrics", "/livez", "/debug/*"]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct PathFilter {
    exact: Vec<String>,
    below: Vec<String>,
}

// === impl PathFilter ===

impl PathFilter {
    /// Where probes and scrapes go by convention: that of Kubernetes' own servers, and that of
    /// MicroProfile.
    pub const DEFAULT_EXCLUDED: [&'static str; 9] = [
        "/metrics",
        "/livez",
        "/readyz",
        "/startupz",
        "/healthz",
        "/health/live",
        "/health/ready",
        "/health/started",
        "/health",
    ];

    /// All but these.
    pub fn excluding<I>(paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut this = Self::default();
        for path in paths {
            let path = path.into();
            match path.strip_suffix("/*") {
                Some(below) => this.below.push(below.to_owned()),
                None => this.exact.push(path),
            }
        }
        this
    }

    fn has(&self, path: &str) -> bool {
        self.exact.iter().any(|exact| exact == path)
            || self.below.iter().any(|below| {
                path.strip_prefix(below.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

impl<R: HttpClassifier> Predicate<Http<R>> for PathFilter {
    #[inline]
    fn matches(&self, req: RequestHead<'_>) -> bool {
        !self.has(req.uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_left_out_whole_or_with_all_below_it() {
        let paths = PathFilter::excluding(["/metrics", "/debug/*"]);
        for path in ["/metrics", "/debug", "/debug/", "/debug/a/b"] {
            assert!(paths.has(path), "{path}");
        }
        for path in ["/", "/metrics/", "/metricsx", "/debugger", "/a/debug"] {
            assert!(!paths.has(path), "{path}");
        }
    }
}
