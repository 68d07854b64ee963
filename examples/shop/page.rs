//! The operations page of the shop, at `/ops` of the management server.

use gusset::diagnose::LatestDiagnosis;
use gusset::health::Health;
use gusset::history::Selector;
use gusset::http::BearerToken;
use gusset::incident::{FlightRecorder, Trigger};
use gusset::ops::Operations;
use gusset::usage::Usage;

use super::incidents::Reports;
use super::{BoxError, Options, objectives::Watched};

pub(crate) fn set_up(
    options: &Options,
    health: &Health,
    objectives: &Watched,
    diagnosis: &LatestDiagnosis,
    recorder: &FlightRecorder,
    usage: &Usage,
    reports: &Reports,
) -> Result<Operations, BoxError> {
    let mut page = Operations::builder("shop")
        .version(env!("CARGO_PKG_VERSION"))
        .history(objectives.history())
        .chart("Orders", Selector::new("shop.orders.placed"))
        .recorder(recorder.clone())
        .incidents(reports.directory.clone(), reports.incidents.clone())
        .part("diagnosis", diagnosis.clone())
        .part("health", health.clone())
        .part("objectives", objectives.monitor())
        .part("usage", usage.clone())
        .link("metrics", "/metrics")
        .link("rules and dashboards", "/slo");
    if let Some(token) = &options.token {
        let incidents = reports.incidents.clone();
        let capture = move || {
            let is_taken = incidents.request_capture(Trigger::Manual, "on the operations page");
            std::future::ready(is_taken.then_some(()).ok_or("too many were requested"))
        };
        page = page
            .token(BearerToken::new("token", token.clone())?)
            .task("capture-incident", capture);
    }
    Ok(page.build()?)
}
