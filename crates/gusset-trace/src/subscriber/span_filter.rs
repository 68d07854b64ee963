//! The filter of the `tracing` spans that are exported.

use std::path::Path;

use gusset_core::{ConfigError, Env};
use tracing::{Level, Metadata};
use tracing_subscriber::filter::Targets;

use crate::env::var_or_warn;

/// Selects the `tracing` spans that a [`SpanLayer`](crate::SpanLayer) exports. It has no effect on calls.
///
/// By default, spans of dependencies are exported at `INFO` and above, and all spans of the service. A
/// dependency is code that was compiled from outside of the workspace, such as from a registry. The
/// client and server crates that this product is used with count as dependencies from anywhere.
///
/// A list of directives, as in `RUST_LOG`, replaces the default: `info,shop=debug,h2=off`. Spans inside
/// of a span that is not exported become children of its parent.
///
/// ```
/// use gusset_trace::SpanFilter;
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let filter = SpanFilter::parse("info,shop=trace")?;
/// let error = SpanFilter::parse("shop=loud").expect_err("an unknown level");
/// assert_eq!(error.setting(), "GUSSET_TRACES_FILTER");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct SpanFilter {
    /// `None` selects the default.
    targets: Option<Targets>,
}

/// Crates whose spans below `INFO` describe their internals, wherever they were compiled.
const DEPENDENCIES: [&str; 14] = [
    "axum",
    "h2",
    "hickory_resolver",
    "hyper",
    "hyper_util",
    "quinn",
    "reqwest",
    "rustls",
    "sqlx",
    "tokio",
    "tokio_util",
    "tonic",
    "tower",
    "tower_http",
];

// === impl SpanFilter ===

impl SpanFilter {
    /// The environment variable that [`from_env`](Self::from_env) reads.
    pub const ENV: &'static str = "GUSSET_TRACES_FILTER";

    /// Returns a filter that selects no spans of the service: the layer exports calls alone. For services that
    /// export their own spans by another layer, such as `tracing-opentelemetry`.
    ///
    /// ```
    /// use gusset_trace::{SpanFilter, SpanLayer};
    ///
    /// fn layer(sink: impl gusset_data::SpanSink) -> SpanLayer {
    ///     SpanLayer::new(sink).span_filter(SpanFilter::calls_only())
    /// }
    /// ```
    pub fn calls_only() -> Self {
        Self {
            targets: Some(Targets::new()),
        }
    }

    /// Returns the filter that `GUSSET_TRACES_FILTER` sets. A list that is not valid is ignored with a
    /// warning.
    pub fn from_env(env: Env<'_>) -> Self {
        let list = var_or_warn(env, Self::ENV).unwrap_or_default();
        Self::parse(&list).unwrap_or_else(|error| {
            tracing::warn!(target: "gusset::trace", "ignoring {error}");
            Self::default()
        })
    }

    /// Returns the filter of a comma-separated list of levels and of `target=level`. The directive with
    /// the longest target applies, and spans without a directive are not exported. An empty list means
    /// the default.
    ///
    /// # Errors
    /// If a directive is not valid. Directives for names and fields of spans are not supported.
    pub fn parse(list: &str) -> Result<Self, ConfigError> {
        let list = list.trim();
        if list.is_empty() {
            return Ok(Self::default());
        }
        let directives = list.split(',').map(str::trim);
        let directives: Vec<_> = directives.filter(|text| !text.is_empty()).collect();
        if directives.iter().any(|text| text.contains(['[', '{'])) {
            let reason = "directives for names and fields of spans are not supported";
            return Err(ConfigError::new(Self::ENV, reason));
        }
        match directives.join(",").parse() {
            Ok(targets) => Ok(Self {
                targets: Some(targets),
            }),
            Err(error) => Err(ConfigError::new(Self::ENV, error)),
        }
    }

    /// Returns whether spans of a callsite are exported.
    #[inline]
    pub(super) fn is_enabled(&self, metadata: &Metadata<'_>) -> bool {
        match &self.targets {
            Some(targets) => targets.would_enable(metadata.target(), metadata.level()),
            None => *metadata.level() <= Level::INFO || !is_dependency(metadata),
        }
    }
}

/// Returns whether a callsite is in the code of a dependency.
fn is_dependency(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    let crate_name = target.split_once("::").map_or(target, |(name, _)| name);
    if DEPENDENCIES.contains(&crate_name) {
        return true;
    }
    // Cargo compiles members of the workspace by relative paths, and other crates by absolute ones.
    metadata
        .file()
        .is_some_and(|file| Path::new(file).is_absolute())
}
