//! With a recorder of the service, `init` installs none. It is alone in its process.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;

use gusset::metrics::{GlobalRecorder, Registry};
use gusset_data::MetricProducer as _;

#[test]
fn recorder_of_the_service_may_be_installed_later() {
    let gusset = gusset::builder()
        .recorder(Arc::new(GlobalRecorder::new()))
        .log(|log| log.writer(std::io::sink()))
        .without_health()
        .without_management()
        .init()
        .unwrap();
    let recorder = Arc::new(Registry::builder().build().unwrap());
    metrics::set_global_recorder(recorder.clone()).unwrap();
    metrics::counter!("jobs.done").increment(1);
    tracing::info!("an entry");
    let metrics = recorder.metrics();
    let names: Vec<_> = metrics.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["gusset.log.entries", "jobs.done"]);
    drop(gusset);
}
