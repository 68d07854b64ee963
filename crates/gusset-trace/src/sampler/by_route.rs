//! A sampler with a rule for each route.

use std::fmt;
use std::sync::Arc;

use super::{CallSummary, Sampler, SamplingDecision, SamplingParameters};

/// Samples the requests of some routes by samplers of their own, and all others by a default one.
///
/// A rule is a path, a template or a prefix that ends with `/*`, after a method if it is only for that one:
/// `/export`, `/users/{id}`, `POST /orders`, `/internal/*`. It is compared with the route of the
/// request, or with its path if it has no route. The first rule that matches decides. Spans that are not
/// of a request are sampled by the default.
///
/// Wrap it in [`ParentBased`](super::ParentBased) to follow the decision of callers, and in
/// [`TailSampler`](super::TailSampler) to export failed, slow or some statuses in any case.
/// Costs some 20 instructions for each rule.
///
/// ```
/// use gusset_trace::TraceObserver;
/// use gusset_trace::sampler::{AlwaysOff, AlwaysOn, ByRoute, ParentBased, TailSampler, TraceIdRatio};
///
/// # fn main() -> Result<(), gusset_trace::ConfigError> {
/// let rules = ByRoute::new(TraceIdRatio::new(0.1))
///     .route("POST /orders", AlwaysOn)
///     .route("/internal/*", AlwaysOff);
/// let sampler = TailSampler::new(ParentBased::new(rules)).statuses([429..=429, 500..=599]);
/// let trace = TraceObserver::server().sampler(sampler).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ByRoute {
    rules: Vec<Rule>,
    default: Arc<dyn Sampler>,
}

#[derive(Clone)]
struct Rule {
    method: Option<String>,
    /// Without the `/*` of a prefix.
    path: String,
    is_prefix: bool,
    sampler: Arc<dyn Sampler>,
}

// === impl ByRoute ===

impl ByRoute {
    /// Creates a sampler without rules. `default` samples what no rule matches.
    pub fn new(default: impl Sampler) -> Self {
        Self {
            rules: Vec::new(),
            default: Arc::new(default),
        }
    }

    /// Adds a rule, after those that were added before.
    #[must_use]
    pub fn route(mut self, rule: &str, sampler: impl Sampler) -> Self {
        let (method, path) = match rule.trim().split_once(' ') {
            Some((method, path)) => (Some(method.to_owned()), path.trim_start()),
            None => (None, rule.trim()),
        };
        let prefix = path.strip_suffix("/*");
        self.rules.push(Rule {
            method,
            path: prefix.unwrap_or(path).to_owned(),
            is_prefix: prefix.is_some(),
            sampler: Arc::new(sampler),
        });
        self
    }
}

impl Sampler for ByRoute {
    fn should_sample(&self, parameters: &SamplingParameters<'_>) -> SamplingDecision {
        let rule = parameters.request.and_then(|req| {
            let path = parameters.route().or_else(|| parameters.path())?;
            let mut rules = self.rules.iter();
            rules.find(|rule| rule.matches(req.method.as_str(), path))
        });
        let sampler = rule.map_or(&self.default, |rule| &rule.sampler);
        sampler.should_sample(parameters)
    }

    fn should_export(&self, summary: &CallSummary) -> bool {
        let mut rules = self.rules.iter();
        self.default.should_export(summary) || rules.any(|rule| rule.sampler.should_export(summary))
    }
}

impl fmt::Debug for ByRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = self.rules.iter().map(|rule| (&rule.method, &rule.path));
        f.debug_list().entries(rules).finish()
    }
}

// === impl Rule ===

impl Rule {
    fn matches(&self, method: &str, path: &str) -> bool {
        if self.method.as_ref().is_some_and(|own| own != method) {
            return false;
        }
        match path.strip_prefix(&self.path) {
            Some("") => true,
            Some(rest) => self.is_prefix && rest.starts_with('/'),
            None => false,
        }
    }
}
