//! Log, spans and metrics agree about each call with a fault, and no gauge leaks.

use gusset::chaos::{BodyFault, Delay, Fault, Rule};

use super::*;

const CALLS: usize = 6;

/// Sends calls of which every second has the fault, and compares what the signals have.
async fn signals_agree(rule: Rule, label: &str, has_no_end: bool) {
    let service = Service::new([rule.every_nth(2)]);
    service.arm();
    let (listener, address) = listen().await;
    tokio::spawn(axum::serve(listener, service.app()).into_future());
    for call in 1..=CALLS {
        let connection = send(address).await;
        if has_no_end && call % 2 == 0 {
            // The client disconnects, once the fault is there.
            until("the fault is active", || {
                service.gusset.chaos().status().active == 1
            })
            .await;
            drop(connection);
        } else {
            read(connection).await;
        }
        service.wait_for_lines(call).await;
    }
    assert!(service.gusset.flush_async(TIME_LIMIT).await);
    let (lines, spans) = (service.access_lines(), service.spans.all());
    assert_eq!(spans.len(), CALLS);
    let mut faults = 0;
    for line in &lines {
        let is_same = |span: &&SpanData| {
            let id: String = span
                .span_id
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            line["span_id"] == id
        };
        let span = spans.iter().find(is_same).expect("each call has a span");
        for key in ["gusset.chaos.fault", "gusset.chaos.rule", "error.type"] {
            let in_log = line[key].as_str().map(str::to_owned);
            assert_eq!(in_log, attribute(span, key), "{key} of {line}");
        }
        let status = line["http.response.status_code"]
            .as_u64()
            .map(|status| status.to_string());
        assert_eq!(
            status,
            attribute(span, "http.response.status_code"),
            "{line}"
        );
        if line["gusset.chaos.fault"].is_string() {
            assert_eq!(line["gusset.chaos.fault"], label);
            faults += 1;
        }
    }
    assert_eq!(faults, CALLS / 2, "{label}");
    let count = "http_server_request_duration_seconds_count";
    assert_eq!(service.sum(count), CALLS as f64);
    let labelled = format!(r#"gusset_chaos_fault="{label}""#);
    let page = service.gusset.telemetry().prometheus().endpoint().render();
    let of_faults = page
        .lines()
        .filter(|line| line.starts_with(count) && line.contains(&labelled));
    let of_faults = of_faults.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap());
    assert_eq!(of_faults.sum::<f64>(), (CALLS / 2) as f64, "{page}");
    assert_eq!(
        service.sum("gusset_chaos_injected_faults_total"),
        (CALLS / 2) as f64
    );
    // No gauge leaks.
    assert_eq!(service.sum("http_server_active_requests"), 0.0);
    assert_eq!(service.sum("gusset_chaos_active_faults"), 0.0);
    assert_eq!(service.gusset.chaos().status().active, 0);
}

macro_rules! signals_agree_about {
    ($($name:ident: $rule:expr, $label:literal, $has_no_end:literal;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let rule: fn(Rule) -> Rule = $rule;
                signals_agree(rule(Rule::new("on-purpose")), $label, $has_no_end).await;
            }
        )*
    };
}

signals_agree_about! {
    delayed_call: |rule| rule.delay(Delay::fixed(Duration::from_millis(5))), "latency", false;
    injected_status: |rule| rule.fault(Fault::Status { status: 503 }), "status", false;
    injected_grpc_status:
        |rule| rule.fault(Fault::GrpcStatus { code: 14, message: String::new() }), "grpc_status", false;
    aborted_call: |rule| rule.fault(Fault::Abort), "abort", false;
    injected_panic: |rule| rule.fault(Fault::Panic), "panic", false;
    hanging_call: |rule| rule.fault(Fault::Hang), "hang", true;
    truncated_body: |rule| rule.body(BodyFault::Truncate { bytes: 5 }), "truncated_body", false;
    stalled_body: |rule| rule.body(BodyFault::Stall { bytes: 5 }), "stalled_body", true;
    limited_body:
        |rule| rule.body(BodyFault::RateLimit { bytes_per_second: 400 }), "throttled_body", false;
}

#[tokio::test]
async fn client_detects_a_truncated_body() {
    let service = Service::new([Rule::new("cut").body(BodyFault::Truncate { bytes: 5 })]);
    service.arm();
    let (listener, address) = listen().await;
    tokio::spawn(axum::serve(listener, service.app()).into_future());
    let response = read(send(address).await).await;
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    assert!(head.contains("content-length: 22"), "{head}");
    assert_eq!(body, "an or");
    let line = &service.wait_for_lines(1).await[0];
    assert_eq!(line["error.type"], "unexpected_eof");
    assert_eq!(line["http.response.body.size"], 5);
}

#[tokio::test]
async fn aborted_call_closes_the_connection() {
    let service = Service::new([Rule::new("reset").fault(Fault::Abort)]);
    service.arm();
    let (listener, address) = listen().await;
    tokio::spawn(axum::serve(listener, service.app()).into_future());
    let response = read(send(address).await).await;
    assert!(
        !response.contains("0\r\n\r\n"),
        "it is not complete: {response}"
    );
    let line = &service.wait_for_lines(1).await[0];
    assert_eq!(line["error.type"], "connection_reset");
}
