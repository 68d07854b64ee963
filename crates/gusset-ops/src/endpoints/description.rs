//! What is served, as OpenAPI 3.1.

use serde_json::{Map, Value, json};

use super::{Served, served};
use crate::operations::Operations;
use crate::query::{MAX_ROWS, OUTCOMES, SEVERITIES};
use crate::settings::{DEFAULT_SECONDS, MAX_SECONDS};

/// Returns the description of all paths.
pub(super) fn openapi(operations: &Operations) -> String {
    let shared = operations.shared();
    let paths = served(operations).into_iter();
    let paths: Map<_, _> = paths
        .map(|(path, served)| (path, path_item(&served)))
        .collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": &*shared.service, "version": env!("CARGO_PKG_VERSION") },
        "paths": paths,
    });
    if shared.token.is_some() {
        document["components"] =
            json!({ "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } } });
        document["security"] = json!([{ "token": [] }]);
    }
    document.to_string()
}

fn path_item(served: &Served) -> Value {
    match served {
        Served::Page => {
            let kinds = ["text/html", "text/plain", "application/json"];
            get("The page", &kinds, &[])
        }
        Served::Live => get(
            "The sections that have changed, every two seconds, as HTML by name",
            &["text/event-stream"],
            &[],
        ),
        Served::All => get("All sections", &["application/json"], &[]),
        Served::Section(id, title) => {
            let parameters = match &**id {
                "calls" => calls(true),
                "active" => calls(false),
                "log" => log(),
                _ => Vec::new(),
            };
            get(title, &["application/json", "text/html"], &parameters)
        }
        #[cfg(feature = "incident")]
        Served::Otlp(signal) => {
            let (summary, parameters) = match signal {
                crate::streams::Signal::Traces => {
                    ("Recent calls as an ExportTraceServiceRequest", calls(true))
                }
                crate::streams::Signal::Logs => {
                    ("Log records as an ExportLogsServiceRequest", log())
                }
            };
            get(
                summary,
                &["application/json", "application/x-ndjson"],
                &parameters,
            )
        }
        #[cfg(feature = "incident")]
        Served::Report => {
            let mut id = parameter("id", "the id of the report", &json!({ "type": "string" }));
            id["required"] = true.into();
            let formats = json!({ "type": "string", "enum": ["md", "json"], "default": "md" });
            let format = parameter("format", "Markdown or JSON", &formats);
            get(
                "An incident report",
                &["text/plain", "application/json"],
                &[id, format],
            )
        }
        Served::Description => get("This description", &["application/json"], &[]),
        Served::Task(task) => post("Runs a task", task.name(), Vec::new()),
        Served::Setting(setting) => {
            let text = json!({ "type": "string" });
            let seconds = json!({
                "type": "integer", "minimum": 1, "maximum": MAX_SECONDS, "default": DEFAULT_SECONDS,
            });
            let parameters = vec![
                parameter("value", "the new value", &text),
                parameter("seconds", "how long it applies", &seconds),
                parameter("revert", "reverts the change, instead of a value", &text),
            ];
            post("Changes a setting for a time", setting.name(), parameters)
        }
    }
}

fn get(summary: &str, kinds: &[&str], parameters: &[Value]) -> Value {
    let content: Map<_, _> = kinds
        .iter()
        .map(|kind| ((*kind).to_owned(), json!({})))
        .collect();
    json!({ "get": {
        "summary": summary,
        "parameters": parameters,
        "responses": { "200": { "description": summary, "content": content } },
    } })
}

fn post(summary: &str, name: &str, mut parameters: Vec<Value>) -> Value {
    let name = json!({ "type": "string", "const": name });
    let mut confirm = parameter("confirm", "the name again", &name);
    confirm["required"] = true.into();
    parameters.push(confirm);
    json!({ "post": {
        "summary": summary,
        "parameters": parameters,
        "responses": { "200": { "description": "done", "content": { "text/plain": {} } } },
    } })
}

fn calls(have_ended: bool) -> Vec<Value> {
    let mut parameters = vec![
        parameter("route", "a part of the route", &json!({ "type": "string" })),
        parameter(
            "slower_than",
            "`250ms`, `2s` or milliseconds",
            &json!({ "type": "string" }),
        ),
        trace_id(),
        limit(),
    ];
    if have_ended {
        let outcomes = json!({ "type": "string", "enum": OUTCOMES });
        parameters.push(parameter("outcome", "how the call ended", &outcomes));
    }
    parameters
}

fn log() -> Vec<Value> {
    let severities = SEVERITIES.map(gusset_data::Severity::as_str);
    let severities = json!({ "type": "string", "enum": severities });
    vec![
        parameter("severity", "the lowest severity", &severities),
        parameter(
            "text",
            "a part of the message or the scope",
            &json!({ "type": "string" }),
        ),
        trace_id(),
        limit(),
    ]
}

fn trace_id() -> Value {
    let schema = json!({ "type": "string", "pattern": "^[0-9a-f]*$" });
    parameter("trace_id", "the beginning of the trace id", &schema)
}

fn limit() -> Value {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": MAX_ROWS, "default": 100 });
    parameter("limit", "the rows at most", &schema)
}

fn parameter(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "query", "description": description, "schema": schema })
}
