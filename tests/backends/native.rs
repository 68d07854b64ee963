//! A real Prometheus 3 stores native histograms, from our page and over OTLP.

use gusset::Gusset;
use gusset::metrics::{ExponentialHistogram, Registry};
use gusset_tests::programs::{Program, STEP_TIMEOUT, until};

use crate::prometheus::{api, start};

const VALUES: u32 = 1000;

/// Starts telemetry with one native histogram, of the values from 1 ms to 1 s.
fn telemetry(variables: &[(&str, String)]) -> Gusset {
    let registry =
        Registry::builder().exponential_histogram("job.duration", ExponentialHistogram::new());
    let env = |name: &str| {
        let found = variables.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.clone())
    };
    let gusset = gusset::builder()
        .telemetry(|telemetry| telemetry.registry(registry))
        .without_health()
        .without_panic_hook()
        .build_with(env)
        .unwrap();
    for value in 1..=VALUES {
        record(&gusset, f64::from(value) / f64::from(VALUES));
    }
    gusset
}

fn record(gusset: &Gusset, value: f64) {
    metrics::with_local_recorder(&gusset.telemetry().registry(), || {
        metrics::describe_histogram!("job.duration", metrics::Unit::Seconds, "Jobs.");
        metrics::histogram!("job.duration").record(value);
    });
}

/// Returns the number that a query has as its result, if it has one.
async fn query(prometheus: &Program, query: &str) -> Option<f64> {
    let data = api(prometheus, &format!("query?query={query}")).await;
    let value = data["result"][0]["value"][1].as_str()?;
    Some(value.parse().unwrap())
}

async fn wait_until(prometheus: &Program, text: &str, expected: f64) {
    until(text, async || {
        (query(prometheus, text).await == Some(expected)).then_some(())
    })
    .await;
}

/// Asserts that the quantiles are within the relative error of the scale.
async fn assert_quantiles(prometheus: &Program, scale: i32) {
    // Prometheus interpolates within a bucket, so the error is at most the width of one.
    let error = (-f64::from(scale)).exp2().exp2() - 1.0;
    for quantile in [0.1, 0.5, 0.9, 0.99] {
        let text = format!("histogram_quantile({quantile},job_duration_seconds)");
        let estimate = query(prometheus, &text).await.unwrap();
        assert!(
            (estimate / quantile - 1.0).abs() <= error,
            "{text} is {estimate}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scraped_native_histogram_is_stored() {
    let gusset = telemetry(&[]);
    let config = format!(
        "scrape_configs:\n- job_name: service\n  scrape_interval: 200ms\n  scrape_timeout: 200ms\n  \
         scrape_native_histograms: true\n  always_scrape_classic_histograms: true\n  \
         static_configs:\n  - targets: ['{}']\n",
        gusset.management_addr().unwrap()
    );
    let Some(prometheus) = start("prometheus-native", config).await else {
        return;
    };
    wait_until(
        &prometheus,
        "histogram_count(job_duration_seconds)",
        f64::from(VALUES),
    )
    .await;
    assert_quantiles(&prometheus, 4).await;
    let sum = query(&prometheus, "histogram_sum(job_duration_seconds)")
        .await
        .unwrap();
    assert!((sum - 500.5).abs() < 1e-6, "{sum}");
    // The other buckets are stored too.
    let of_bound = "job_duration_seconds_bucket%7Ble=%220.5%22%7D";
    assert_eq!(query(&prometheus, of_bound).await, Some(500.0));

    // A lesser scale is not a reset of the counter.
    for value in [1e-6, 1e6, -2.0, 0.0] {
        record(&gusset, value);
    }
    wait_until(
        &prometheus,
        "histogram_count(job_duration_seconds)",
        f64::from(VALUES + 4),
    )
    .await;
    assert_eq!(
        query(&prometheus, "resets(job_duration_seconds[5m])").await,
        Some(0.0)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exported_exponential_histogram_is_stored() {
    let strategy = "otlp:\n  translation_strategy: UnderscoreEscapingWithSuffixes\n";
    let Some(prometheus) = start("prometheus-exponential", strategy.to_owned()).await else {
        return;
    };
    let receiver = format!("http://{}/api/v1/otlp/v1/metrics", prometheus.addr(0));
    let gusset = telemetry(&[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", receiver)]);
    let flushed = gusset.clone();
    let flush = tokio::task::spawn_blocking(move || flushed.flush(STEP_TIMEOUT));
    assert!(flush.await.unwrap(), "everything is exported");
    wait_until(
        &prometheus,
        "histogram_count(job_duration_seconds)",
        f64::from(VALUES),
    )
    .await;
    assert_quantiles(&prometheus, 4).await;
}
