//! `http/protobuf` and `http/json`, with the official messages.

use http::{HeaderValue, Response};
use opentelemetry_proto::tonic::collector::logs::v1 as logs;
use opentelemetry_proto::tonic::collector::metrics::v1 as metrics;
use opentelemetry_proto::tonic::collector::trace::v1 as trace;
use prost::Message as _;

use super::{Behavior, Body, ReceivedRequest, SharedState, full, with_content_type};

/// Accepts a request, wholly or in part.
pub(super) fn accept(
    state: &SharedState,
    received: &ReceivedRequest,
    behavior: &Behavior,
) -> Response<Body> {
    let json = received.headers.get("content-type").unwrap() == "application/json";
    let mut state = state.lock().unwrap();
    macro_rules! accept {
        ($module:ident, $field:ident, $request:ident, $response:ident, $partial:ident, $rejected:ident) => {{
            let request: $module::$request = if json {
                serde_json::from_slice(&received.body).unwrap()
            } else {
                $module::$request::decode(&received.body[..]).unwrap()
            };
            state.$field.push(request);
            let partial_success =
                behavior
                    .partial_success()
                    .map(|(count, message)| $module::$partial {
                        $rejected: count,
                        error_message: message.to_owned(),
                    });
            let response = $module::$response { partial_success };
            if json {
                serde_json::to_vec(&response).unwrap()
            } else {
                response.encode_to_vec()
            }
        }};
    }
    let body = match received.path.as_str() {
        "/v1/traces" => accept!(
            trace,
            spans,
            ExportTraceServiceRequest,
            ExportTraceServiceResponse,
            ExportTracePartialSuccess,
            rejected_spans
        ),
        "/v1/metrics" => accept!(
            metrics,
            metrics,
            ExportMetricsServiceRequest,
            ExportMetricsServiceResponse,
            ExportMetricsPartialSuccess,
            rejected_data_points
        ),
        "/v1/logs" => accept!(
            logs,
            logs,
            ExportLogsServiceRequest,
            ExportLogsServiceResponse,
            ExportLogsPartialSuccess,
            rejected_log_records
        ),
        path => panic!("unexpected path {path}"),
    };
    let mut response = with_content_type(Response::new(full(body.into())), false);
    if json {
        let content_type = HeaderValue::from_static("application/json");
        response.headers_mut().insert("content-type", content_type);
    }
    response
}
