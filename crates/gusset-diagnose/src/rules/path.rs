//! What is left when nothing on this host is the cause.

use super::{Inputs, RuleResult};
use crate::EvidenceUnit::Seconds;
use crate::{Area, Evidence, FindingKind, Scope, Stage};

pub(crate) static ELSEWHERE: FindingKind = FindingKind {
    id: "path.elsewhere",
    area: Area::Path,
    stage: Stage::Utilisation,
    conclusion: "Calls are slow, and nothing that is measured on this host explains it.",
    advice: "It is a service that is called without being measured, a lock or a timer in the code, or the network between. \
             Look at the spans of a slow call: the longest one leads on. What was cleared is listed below.",
};

/// Looks for a route that is slow. The finding is dropped if another one is found.
pub(super) fn elsewhere(inputs: &Inputs<'_>) -> RuleResult {
    let levels = inputs.thresholds.route_p99;
    let routes = inputs.now.service.routes.iter().flatten();
    RuleResult::worst(routes.map(|route| {
        let p99 = route.p99.map(|it| it.as_secs_f64());
        let result = RuleResult::at_levels(p99, levels, Scope::Process, |value| {
            let about = "99th percentile of the route";
            let metric = "http.server.request.duration";
            Evidence::new(metric, about, value, levels.warning, Seconds)
        });
        result.about(&route.name)
    }))
}
