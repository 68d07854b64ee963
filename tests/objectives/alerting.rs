//! From a failing route to a webhook: a real Prometheus evaluates the generated rules, and a real Alertmanager posts
//! the alert, and that it is resolved.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use gusset_tests::programs::{Program, TempFolder, find, until};
use gusset_tests::servers::Server;
use serde_json::Value;

use crate::service::{SCRAPE_INTERVAL, Service, levels};

/// A receiver of webhooks, which keeps the alerts.
struct Webhook {
    server: Server,
    alerts: Arc<Mutex<Vec<Value>>>,
}

// === impl Webhook ===

impl Webhook {
    fn start() -> Self {
        let alerts = Arc::<Mutex<Vec<Value>>>::default();
        let received = alerts.clone();
        let receive = async move |body: String| {
            let message: Value = serde_json::from_str(&body).unwrap();
            let alerts = message["alerts"].as_array().unwrap().clone();
            received.lock().unwrap().extend(alerts);
        };
        Self {
            server: Server::axum(Router::new().route("/", post(receive))),
            alerts,
        }
    }

    /// Waits for an alert with this name and status.
    async fn wait_for(&self, name: &str, status: &str) -> Value {
        until(&format!("{name} is {status}"), async || {
            let alerts = self.alerts.lock().unwrap();
            let found = alerts
                .iter()
                .find(|alert| alert["labels"]["alertname"] == name && alert["status"] == status);
            found.cloned()
        })
        .await
    }
}

/// Returns the Alertmanager that `ALERTMANAGER` names, or that of Debian, which `cargo xtask test` unpacks.
///
/// Prints that the test is skipped if there is none. In a CI, that is a failure.
fn find_alertmanager() -> Option<PathBuf> {
    let named = std::env::var_os("ALERTMANAGER").filter(|name| !name.is_empty());
    let program = named.unwrap_or_else(|| "prometheus-alertmanager".into());
    let starts = Command::new(&program).arg("--version").output();
    match starts {
        Ok(_) => Some(program.into()),
        Err(error) => {
            assert!(std::env::var_os("CI").is_none(), "{program:?}: {error}");
            println!(
                "SKIPPED: {program:?} does not start ({error}); `cargo xtask test` installs it"
            );
            None
        }
    }
}

/// Starts Alertmanager, which posts each alert to a webhook.
async fn alertmanager(webhook: SocketAddr) -> Option<Program> {
    let program = find_alertmanager()?;
    let config = format!(
        "route:\n  receiver: test\n  group_by: [alertname]\n  group_wait: 100ms\n  group_interval: 1s\n\
         receivers:\n- name: test\n  webhook_configs:\n  - url: http://{webhook}/\n    send_resolved: true\n"
    );
    let command = move |at: &[SocketAddr], folder: &TempFolder| {
        let mut command = Command::new(&program);
        let config = folder.write("alertmanager.yml", &config);
        let data = folder.path().join("data");
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", data.display()))
            .arg(format!("--web.listen-address={}", at[0]))
            // Alone, without a cluster.
            .arg("--cluster.listen-address=");
        command
    };
    Some(Program::start("slo-alertmanager", 1, command).await)
}

/// Starts Prometheus with the generated rules.
async fn prometheus(service: SocketAddr, alertmanager: Option<SocketAddr>) -> Option<Program> {
    let program = find("PROMETHEUS", "prometheus")?;
    let interval = SCRAPE_INTERVAL.as_millis();
    let mut config = format!(
        "global:\n  scrape_interval: {interval}ms\n  scrape_timeout: {interval}ms\n  \
         evaluation_interval: {interval}ms\nrule_files: [rules.yaml]\n\
         scrape_configs:\n- job_name: shop\n  static_configs:\n  - targets: ['{service}']\n"
    );
    if let Some(address) = alertmanager {
        config += &format!(
            "alerting:\n  alertmanagers:\n  - static_configs:\n    - targets: ['{address}']\n"
        );
    }
    let rules = levels().rules().to_yaml();
    let command = move |at: &[SocketAddr], folder: &TempFolder| {
        folder.write("rules.yaml", &rules);
        let config = folder.write("prometheus.yml", &config);
        let data = folder.path().join("data");
        let mut command = Command::new(&program);
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg(format!("--web.listen-address={}", at[0]))
            .args(["--rules.alert.resend-delay=1s", "--log.level=warn"]);
        command
    };
    let prometheus = Program::start("slo-prometheus", 1, command).await;
    until("Prometheus is ready", async || {
        let url = format!("http://{}/-/ready", prometheus.addr(0));
        let ready = reqwest::get(url).await.ok()?;
        ready.status().is_success().then_some(())
    })
    .await;
    Some(prometheus)
}

/// Calls the API of Prometheus.
async fn query(prometheus: &Program, query: &str) -> Vec<Value> {
    let url = format!("http://{}/api/v1/query", prometheus.addr(0));
    let client = reqwest::Client::new();
    // The feature for forms of reqwest is not on.
    let mut url = reqwest::Url::parse(&url).unwrap();
    url.query_pairs_mut().append_pair("query", query);
    let text = client.get(url).send().await.unwrap().text().await.unwrap();
    let response: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(response["status"], "success", "{query}: {text}");
    response["data"]["result"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn alert_reaches_a_webhook_and_resolves() {
    let webhook = Webhook::start();
    let Some(alertmanager) = alertmanager(webhook.server.addr()).await else {
        return;
    };
    let service = Service::start();
    let Some(_prometheus) = prometheus(service.management(), Some(alertmanager.addr(0))).await
    else {
        return;
    };

    service.set_failing(true);
    let alert = webhook
        .wait_for("OrdersErrorBudgetBurnFast", "firing")
        .await;
    assert_eq!(alert["labels"]["severity"], "critical");
    assert_eq!(alert["labels"]["service"], "shop");
    assert_eq!(alert["labels"]["objective"], "orders");
    let annotations = &alert["annotations"];
    let runbook = "https://shop.example/runbook#orderserrorbudgetburnfast";
    assert_eq!(annotations["runbook_url"], runbook);
    assert_eq!(
        annotations["summary"],
        "shop: orders burns its error budget fast"
    );
    let description = annotations["description"].as_str().unwrap();
    assert!(
        description.contains("% of the calls are bad"),
        "{description}"
    );
    let range = webhook.wait_for("FailuresOutOfRange", "firing").await;
    assert_eq!(range["labels"]["range"], "failures");

    service.set_failing(false);
    webhook
        .wait_for("OrdersErrorBudgetBurnFast", "resolved")
        .await;
    webhook.wait_for("FailuresOutOfRange", "resolved").await;

    // Nothing else was wrong with it. Without its five minutes, `ServiceAbsent` fires before the first scrape.
    let names = webhook.alerts.lock().unwrap();
    let names = names
        .iter()
        .map(|alert| alert["labels"]["alertname"].as_str().unwrap());
    for name in names {
        let expected = [
            "OrdersErrorBudgetBurn",
            "FailuresOutOfRange",
            "ServiceAbsent",
        ];
        assert!(expected.iter().any(|it| name.starts_with(it)), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_query_of_the_dashboards_returns_data() {
    let service = Service::start();
    service.set_failing(true);
    let Some(prometheus) = prometheus(service.management(), None).await else {
        return;
    };
    let levels = levels();
    let dashboards = [levels.service_dashboard(), levels.overview_dashboard()];
    for (title, expr) in dashboards.iter().flat_map(gusset_slo::Dashboard::queries) {
        let expr = expr
            .replace("$__rate_interval", "4s")
            .replace("$instance", ".*")
            .replace("$job", ".*");
        until(&format!("{title}: {expr}"), async || {
            (!query(&prometheus, &expr).await.is_empty()).then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_name_metrics_of_the_page() {
    let service = Service::start();
    let page = until("there were calls", async || {
        let page = service.page().await;
        page.contains("gusset_http_server_outcomes_total{")
            .then_some(page)
    })
    .await;
    let levels = levels();
    let rules = levels.rules().to_yaml();
    for metric in levels.catalogue().iter() {
        let name = gusset_slo::prometheus_name(metric);
        let is_used = rules.contains(&name);
        let is_there = page.contains(&format!("# TYPE {name} "));
        assert!(!is_used || is_there, "{name} is not at the scrape endpoint");
    }
    let of_calls = [
        "http_server_request_duration_seconds",
        "gusset_http_server_outcomes_total",
    ];
    for name in of_calls {
        assert!(rules.contains(name) && page.contains(name), "{name}");
    }
}
