//! The allocations of recording.
#![allow(clippy::unwrap_used, reason = "a test that cannot continue fails")]

use allocation_counter::measure;
use gusset_opentelemetry::MeterRecorder;
use metrics::{counter, gauge, histogram, with_local_recorder};
use opentelemetry_sdk::metrics::{InMemoryMetricExporter, SdkMeterProvider};

fn provider() -> SdkMeterProvider {
    let exporter = InMemoryMetricExporter::default();
    let builder = SdkMeterProvider::builder();
    builder.with_periodic_exporter(exporter).build()
}

#[test]
fn recording_allocates_nothing() {
    let provider = provider();
    let recorder = MeterRecorder::from_provider(&provider);
    let (jobs, running, load, waits) = with_local_recorder(&recorder, || {
        let labels = [("http.route", "/a"), ("http.response.status_code", "200")];
        (
            counter!("jobs", &labels),
            gauge!("running", &labels),
            gauge!("load", &labels),
            histogram!("waits", &labels),
        )
    });
    let record = || {
        for i in 0..1000_u32 {
            jobs.increment(1);
            running.increment(1);
            running.decrement(1);
            load.set(i);
            waits.record(i);
        }
    };
    record();
    assert_eq!(measure(record).count_total, 0);
}

#[test]
fn registering_again_allocates_nothing() {
    let provider = provider();
    let recorder = MeterRecorder::from_provider(&provider);
    let record = || {
        histogram!("waits", "http.route" => "/a").record(1);
        counter!("jobs", "http.route" => "/a").increment(1);
    };
    with_local_recorder(&recorder, || {
        record();
        assert_eq!(measure(record).count_total, 0);
    });
}
