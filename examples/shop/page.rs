//! The operations page of the shop, at `/ops` of the management server.

use gusset::diagnose::LatestDiagnosis;
use gusset::health::Health;
use gusset::http::BearerToken;
use gusset::incident::FlightRecorder;
use gusset::ops::Operations;
use gusset::usage::Usage;

use super::{BoxError, Options, objectives::Watched};

pub(crate) fn set_up(
    options: &Options,
    health: &Health,
    objectives: &Watched,
    diagnosis: &LatestDiagnosis,
    recorder: &FlightRecorder,
    usage: &Usage,
) -> Result<Operations, BoxError> {
    let mut page = Operations::builder("shop")
        .version(env!("CARGO_PKG_VERSION"))
        .history(objectives.history())
        .recorder(recorder.clone())
        .part("diagnosis", diagnosis.clone())
        .part("health", health.clone())
        .part("objectives", objectives.monitor())
        .part("usage", usage.clone());
    if let Some(token) = &options.token {
        page = page.token(BearerToken::new("token", token.clone())?);
    }
    Ok(page.build()?)
}
