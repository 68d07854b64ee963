//! Paths that are not observed.

use gusset_core::Predicate;

use crate::{Http, HttpClassifier, RequestHead, Side};

/// A filter that excludes the requests of some paths from observation: probes and scrapes.
///
/// The whole path is compared, as sent: in a router that axum's `Router::nest` has mounted at
/// `/patients`, the path of `/health` is `/patients/health` (feature `original-uri`). A path that ends
/// with `/*` also excludes the paths below it.
///
/// ```
/// use gusset_core::FilteredObserver;
/// use gusset_http::PathFilter;
/// # struct Print;
/// # let (log, metrics) = (Print, Print);
/// let observer = FilteredObserver::new((log, metrics), PathFilter::excluding(["/metrics", "/livez", "/debug/*"]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct PathFilter {
    exact: Vec<String>,
    prefixes: Vec<String>,
}

// === impl PathFilter ===

impl PathFilter {
    /// The usual paths of probes and scrapes, as Prometheus and Kubernetes' own servers name them.
    ///
    /// Those of MicroProfile (`/health`, `/health/live` …) are left out, because `/health` may be a
    /// route of the service. A service that mounts them adds them with [`exclude`](Self::exclude).
    pub const DEFAULT_EXCLUDED: [&'static str; 5] =
        ["/metrics", "/livez", "/readyz", "/startupz", "/healthz"];

    /// Creates a filter that excludes these paths.
    pub fn excluding<I>(paths: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let mut this = Self::default();
        this.exclude(paths);
        this
    }

    /// Adds paths to those that are excluded.
    ///
    /// ```
    /// use gusset_http::PathFilter;
    ///
    /// let mut paths = PathFilter::excluding(PathFilter::DEFAULT_EXCLUDED);
    /// paths.exclude(["/health", "/health/*"]);
    /// ```
    pub fn exclude<I>(&mut self, paths: I)
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        for path in paths {
            let path = path.into();
            match path.strip_suffix("/*") {
                Some(prefix) => self.prefixes.push(prefix.to_owned()),
                None => self.exact.push(path),
            }
        }
    }

    fn excludes(&self, path: &str) -> bool {
        self.exact.iter().any(|exact| exact == path)
            || self.prefixes.iter().any(|prefix| {
                path.strip_prefix(prefix.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

impl<R: HttpClassifier> Predicate<Http<R>> for PathFilter {
    #[inline]
    fn matches(&self, req: RequestHead<'_>) -> bool {
        // A client that forwards a request has the path of the request that it received there.
        let uri = match R::SIDE {
            Side::Server => req.original_uri(),
            Side::Client => req.uri,
        };
        !self.excludes(uri.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_excluded_alone_or_with_those_below() {
        let paths = PathFilter::excluding(["/metrics", "/debug/*"]);
        for path in ["/metrics", "/debug", "/debug/", "/debug/a/b"] {
            assert!(paths.excludes(path), "{path}");
        }
        for path in ["/", "/metrics/", "/metricsx", "/debugger", "/a/debug"] {
            assert!(!paths.excludes(path), "{path}");
        }
    }
}
