//! A real Prometheus 3 receives our metrics over OTLP, and scrapes our page.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use gusset_tests::programs::{Program, TempFolder, find, until};
use serde_json::Value;

use crate::page::{Key, Samples, is_of_calls, normal_label, underscored, wait_until_equal};
use crate::receiver::Receiver;
use crate::service::Service;

/// Starts Prometheus with this configuration, or returns `None` if there is none.
pub(crate) async fn start(name: &str, config: String) -> Option<Program> {
    let program = find("PROMETHEUS", "prometheus")?;
    let command = move |at: &[_], folder: &TempFolder| {
        let mut command = Command::new(&program);
        command
            .arg(format!(
                "--config.file={}",
                folder.write("prometheus.yml", &config).display()
            ))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address={}", at[0]))
            .args([
                "--web.enable-otlp-receiver",
                "--enable-feature=exemplar-storage",
            ])
            .arg("--log.level=warn");
        command
    };
    let prometheus = Program::start(name, 1, command).await;
    until("Prometheus is ready", async || {
        let ready = reqwest::get(format!("http://{}/-/ready", prometheus.addr(0)))
            .await
            .ok()?;
        ready.status().is_success().then_some(())
    })
    .await;
    Some(prometheus)
}

/// Calls the API of Prometheus.
pub(crate) async fn api(prometheus: &Program, path: &str) -> Value {
    let url = format!("http://{}/api/v1/{path}", prometheus.addr(0));
    let text = reqwest::get(url).await.unwrap().text().await.unwrap();
    let response: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(response["status"], "success", "{path}: {text}");
    response["data"].clone()
}

/// Returns the name and labels of a series, without those that Prometheus adds.
fn series(labels: &Value) -> Key {
    let labels = labels.as_object().unwrap().iter();
    let mut labels: BTreeMap<String, String> = labels
        .map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned()))
        .map(normal_label)
        .collect();
    labels.remove("job");
    labels.remove("instance");
    (labels.remove("__name__").unwrap(), labels)
}

/// Returns the last values of all series of calls, with their names in Prometheus.
async fn values(prometheus: &Program) -> Samples {
    // {__name__=~".+"}
    let data = api(prometheus, "query?query=%7B__name__%3D~%22.%2B%22%7D").await;
    let sample = |one: &Value| {
        let value = one["value"][1].as_str().unwrap().parse().unwrap();
        (series(&one["metric"]), value)
    };
    let values = data["result"].as_array().unwrap().iter().map(sample);
    // Those of the scrape itself.
    let is_own = |name: &str| name == "up" || name.starts_with("scrape_");
    values
        .filter(|(key, _)| !is_own(&key.0) && is_of_calls(&underscored_key(key)))
        .collect()
}

fn underscored_key((name, labels): &Key) -> Key {
    let labels = labels
        .iter()
        .map(|(name, value)| (underscored(name), value.clone()));
    (underscored(name), labels.collect())
}

/// Exports to the receiver of Prometheus, and returns the names there.
async fn assert_received_equals_the_page(name: &str, strategy: &str) -> Option<BTreeSet<String>> {
    let config = format!("otlp:\n  translation_strategy: {strategy}\n");
    let prometheus = start(name, config).await?;
    let service = Service::start(&[(
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
        format!("http://{}/api/v1/otlp/v1/metrics", prometheus.addr(0)),
    )]);
    for rounds in [1, 4] {
        service.call(rounds).await;
        service.flush().await;
    }
    let page = service.page().await;
    wait_until_equal(&page, async || {
        let values = values(&prometheus).await.into_iter();
        values
            .map(|(key, value)| (underscored_key(&key), value))
            .collect()
    })
    .await;
    let names = values(&prometheus)
        .await
        .into_keys()
        .flat_map(|(name, labels)| {
            let labels: Vec<_> = labels.into_keys().collect();
            [vec![name], labels].concat()
        });
    Some(names.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn otlp_receiver_keeps_dots_and_values() {
    let strategy = "NoUTF8EscapingWithSuffixes";
    let Some(names) = assert_received_equals_the_page("prometheus-utf8", strategy).await else {
        return;
    };
    for name in ["http.server.request.duration_seconds_bucket", "http.route"] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn otlp_receiver_has_the_names_of_the_page() {
    let strategy = "UnderscoreEscapingWithSuffixes";
    let Some(names) = assert_received_equals_the_page("prometheus-suffixes", strategy).await else {
        return;
    };
    for name in ["http_server_request_duration_seconds_bucket", "http_route"] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scrape_stores_every_value_and_exemplar() {
    let spans = Receiver::start();
    let service = Service::start(&[
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            format!("http://{}", spans.addr()),
        ),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc".to_owned()),
    ]);
    let config = format!(
        "scrape_configs:\n- job_name: service\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  \
         static_configs:\n  - targets: ['{}']\n",
        service.management()
    );
    let Some(prometheus) = start("prometheus-scrape", config).await else {
        return;
    };
    service.call(3).await;
    service.flush().await;
    let page = service.page().await;
    wait_until_equal(&page, async || values(&prometheus).await).await;

    let exported: BTreeSet<(String, String)> = spans
        .received()
        .spans
        .iter()
        .map(|span| (hex(&span.trace_id), hex(&span.span_id)))
        .collect();
    let query = "query_exemplars?query=http_server_request_duration_seconds_bucket\
                 &start=2020-01-01T00:00:00Z&end=2100-01-01T00:00:00Z";
    let routes = until("every route has exemplars", async || {
        let found = api(&prometheus, query).await;
        let mut routes = BTreeSet::new();
        for one in found.as_array().unwrap() {
            let (_, labels) = series(&one["seriesLabels"]);
            for exemplar in one["exemplars"].as_array().unwrap() {
                let label = |name: &str| exemplar["labels"][name].as_str().unwrap().to_owned();
                let ids = (label("trace_id"), label("span_id"));
                assert!(exported.contains(&ids), "{ids:?} in {exported:?}");
                let bound = labels["le"].parse().unwrap_or(f64::INFINITY);
                let value: f64 = exemplar["value"].as_str().unwrap().parse().unwrap();
                assert!(value <= bound, "{value} in the bucket up to {bound}");
                routes.insert(labels.get("http_route").cloned().unwrap_or_default());
            }
        }
        (routes.len() == 4).then_some(routes)
    });
    let expected = ["", "/fails", "/orders", "/orders/{id}"];
    assert_eq!(routes.await, expected.map(str::to_owned).into());
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
