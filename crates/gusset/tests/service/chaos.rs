//! Injected faults are marked in every signal, and controlled over the management server.

use gusset::Gusset;
use gusset::chaos::{Arming, Fault, Rule, RuleSet};
use serde_json::Value;

use super::controls::{LOCAL, send};
use super::*;

const TOKEN: &str = "correct-horse-battery";

fn set_up_chaos() -> (GussetBuilder, SharedOutput) {
    let rules = RuleSet::new([Rule::new("down").fault(Fault::Status { status: 503 })]).unwrap();
    let (builder, output) = set_up();
    let chaos = |chaos: gusset::chaos::ChaosBuilder| chaos.rules(rules).environment("test");
    (builder.chaos(chaos).controls_token(TOKEN), output)
}

fn app_with_chaos(gusset: &Gusset) -> Router {
    let layer = gusset.chaos().http_server();
    let router = Router::new().route("/users/{id}", get(async || "a user"));
    router.layer(layer).layer(gusset.http())
}

async fn serve(app: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    address
}

async fn call(address: SocketAddr) -> String {
    tokio::task::spawn_blocking(move || {
        let mut connection = TcpStream::connect(address).unwrap();
        let request = "GET /users/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
        connection.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        connection.read_to_string(&mut response).unwrap();
        response
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn injected_fault_is_marked_in_log_span_metrics_and_response() {
    let (builder, output) = set_up_chaos();
    let spans = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let ended = spans.clone();
    let gusset = builder.spans(Ended(ended)).build_with(no_variable).unwrap();
    gusset
        .chaos()
        .arm(Arming::for_at_most(Duration::from_secs(60)))
        .unwrap();
    let address = serve(app_with_chaos(&gusset)).await;
    let response = call(address).await;
    assert!(response.starts_with("HTTP/1.1 503 "), "{response}");
    assert!(
        response.contains("x-gusset-chaos: status\r\n"),
        "{response}"
    );
    gusset.flush_async(Duration::from_secs(10)).await;

    let entry = &access_lines(&output)[0];
    assert_eq!(entry["gusset.chaos.fault"], "status");
    assert_eq!(entry["gusset.chaos.rule"], "down");
    assert_eq!(entry["http.response.status_code"], 503);
    let span: gusset::data::SpanData = spans.lock().unwrap().remove(0);
    let marks: Vec<_> = span
        .attributes
        .iter()
        .filter(|(key, _)| key.contains("chaos"))
        .collect();
    assert_eq!(marks.len(), 2, "{marks:?}");
    let page = gusset.telemetry().prometheus().endpoint().render();
    let of_call = page
        .lines()
        .find(|line| line.starts_with("http_server_request_duration_seconds_count"));
    assert!(
        of_call.unwrap().contains(r#"gusset_chaos_fault="status""#),
        "{page}"
    );
    let own = r#"gusset_chaos_injected_faults_total{gusset_chaos_fault="status",gusset_chaos_rule="down"} 1"#;
    assert!(page.contains(own), "{page}");
}

struct Ended(std::sync::Arc<std::sync::Mutex<Vec<gusset::data::SpanData>>>);

impl gusset::data::SpanSink for Ended {
    fn export(&self, span: gusset::data::SpanData) {
        self.0.lock().unwrap().push(span);
    }
}

#[tokio::test]
async fn faults_are_armed_and_disarmed_over_the_management_server() {
    let gusset = set_up_chaos().0.build_with(no_variable).unwrap();
    let address = serve(app_with_chaos(&gusset)).await;
    let (status, _) = send(&gusset, "PUT /chaos/arm?seconds=60", LOCAL).await;
    assert_eq!(status, 401, "a token is needed on a loopback address too");
    let headers = format!("{LOCAL}authorization: Bearer {TOKEN}\r\n");
    let (status, body) = send(&gusset, "PUT /chaos/arm?seconds=60", &headers).await;
    assert_eq!(status, 200, "{body}");
    assert!(call(address).await.starts_with("HTTP/1.1 503 "));
    let (_, body) = send(&gusset, "GET /chaos", &headers).await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["rules"][0]["injected"], 1);
    let (status, _) = send(&gusset, "DELETE /chaos/arm", &headers).await;
    assert_eq!(status, 200);
    assert!(call(address).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn controls_are_not_served_without_a_token() {
    let gusset = set_up().0.build_with(no_variable).unwrap();
    assert_eq!(send(&gusset, "GET /chaos", LOCAL).await.0, 404);
}

#[tokio::test]
async fn environment_variables_arm_the_layers() {
    let variables = |name: &str| match name {
        "GUSSET_CHAOS_ARM_SECONDS" => Some("60".to_owned()),
        "OTEL_RESOURCE_ATTRIBUTES" => Some("deployment.environment.name=staging".to_owned()),
        "GUSSET_CHAOS_RULES" => {
            Some(r#"[{"name":"teapot","fault":{"kind":"status","status":418}}]"#.to_owned())
        }
        _ => None,
    };
    let gusset = set_up().0.build_with(variables).unwrap();
    let address = serve(app_with_chaos(&gusset)).await;
    assert!(call(address).await.starts_with("HTTP/1.1 418 "));
    let error = gusset::builder()
        .without_health()
        .build_with(|name| match name {
            "OTEL_RESOURCE_ATTRIBUTES" => None,
            other => variables(other),
        });
    let error = error.err().unwrap().to_string();
    assert!(error.contains("GUSSET_CHAOS_ARM_SECONDS"), "{error}");
}
