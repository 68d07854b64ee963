//! A real VictoriaLogs stores ECS lines and OTLP records, and finds them by trace id.

use std::collections::BTreeMap;
use std::process::Command;

use gusset_tests::programs::{Program, TempFolder, find, until};
use serde_json::Value;

use crate::service::{CALLS_PER_ROUND, Service};

async fn start(name: &str) -> Option<Program> {
    let program = find("VICTORIALOGS", "victoria-logs")?;
    let command = move |at: &[_], folder: &TempFolder| {
        let mut command = Command::new(&program);
        command
            .arg(format!("-httpListenAddr={}", at[0]))
            .arg(format!(
                "-storageDataPath={}",
                folder.path().join("data").display()
            ))
            .arg("-loggerLevel=WARN");
        command
    };
    Some(Program::start(name, 1, command).await)
}

/// Returns the entries that a query in LogsQL finds.
async fn query(store: &Program, field: &str, value: &str) -> Vec<Value> {
    let url = format!(
        "http://{}/select/logsql/query?query=%22{field}%22%3A%3D%22{value}%22",
        store.addr(0)
    );
    let response = reqwest::get(url).await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    assert!(status.is_success(), "{text}");
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Returns the log entries by their trace ids.
fn by_trace_id(service: &Service) -> BTreeMap<String, Vec<Value>> {
    let mut traces: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in service.log() {
        let line: Value = serde_json::from_str(&line).unwrap();
        let id = text(&line, "trace.id");
        if let Some(id) = id {
            traces.entry(id).or_default().push(line);
        }
    }
    traces
}

/// Returns a field of an ECS line, in which dots separate objects or not.
fn text(line: &Value, name: &str) -> Option<String> {
    let nested = name.split('.').try_fold(line, |value, key| value.get(key));
    let value = line.get(name).or(nested)?;
    Some(
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned),
    )
}

/// Waits until a query finds as many entries as there are lines, and returns them.
async fn found(store: &Program, (field, id): (&str, &str), lines: &[Value]) -> Vec<Value> {
    until("the entries are found", async || {
        let found = query(store, field, id).await;
        (found.len() >= lines.len()).then_some(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ecs_lines_are_found_by_trace_id() {
    let Some(store) = start("victorialogs-ecs").await else {
        return;
    };
    let service = Service::start(&[]);
    service.call(2).await;
    service.flush().await;
    let bulk: String = service
        .log()
        .iter()
        .map(|line| format!("{{\"create\":{{}}}}\n{line}\n"))
        .collect();
    let url = format!(
        "http://{}/insert/elasticsearch/_bulk?_time_field=@timestamp&_msg_field=message",
        store.addr(0)
    );
    // Without a type, the body would be read as a form.
    let bulk = reqwest::Client::new()
        .post(url)
        .header("content-type", "application/x-ndjson")
        .body(bulk);
    let response = bulk.send().await.unwrap();
    let response: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert_eq!(response["errors"], false, "{response}");
    let items = response["items"].as_array().unwrap();
    assert_eq!(items.len(), service.log().len(), "{response}");

    let traces = by_trace_id(&service);
    assert_eq!(traces.len(), 2 * CALLS_PER_ROUND);
    for (id, lines) in &traces {
        let found = found(&store, ("trace.id", id), lines).await;
        assert_eq!(found.len(), lines.len(), "{found:?}");
        for line in lines {
            let message = text(line, "message").unwrap();
            let same = found.iter().find(|it| it["_msg"] == message.as_str());
            let same = same.unwrap_or_else(|| panic!("{message} in {found:?}"));
            for name in ["span.id", "log.level", "service.name"] {
                assert_eq!(same[name].as_str(), text(line, name).as_deref(), "{name}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn otlp_records_are_found_by_trace_id() {
    let Some(store) = start("victorialogs-otlp").await else {
        return;
    };
    let service = Service::start(&[(
        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
        format!("http://{}/insert/opentelemetry/v1/logs", store.addr(0)),
    )]);
    service.call(2).await;
    service.flush().await;
    let traces = by_trace_id(&service);
    assert_eq!(traces.len(), 2 * CALLS_PER_ROUND);
    for (id, lines) in &traces {
        let found = found(&store, ("trace_id", id), lines).await;
        assert_eq!(found.len(), lines.len(), "{found:?}");
        for line in lines {
            let id = text(line, "span.id").unwrap();
            assert!(
                found.iter().any(|it| it["span_id"] == id.as_str()),
                "{found:?}"
            );
            assert_eq!(found[0]["service.name"], "backends");
        }
    }
}
