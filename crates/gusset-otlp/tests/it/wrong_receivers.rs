//! Endpoints that are not the receiver that the configuration expects: the log entry names the problem.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, TcpListener};

use gusset_data::SpanSink as _;
use gusset_otlp::{OtlpPipeline, OtlpPipelineBuilder, OtlpProtocol, Signal, SignalCounts};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::receiver::{Behavior, BodyLimit, Receiver};
use crate::support::{CapturedLogs, TEST_TIMEOUT, build_fast, build_with, span};

pub(crate) const GRPC_PORT: &str = "this looks like a gRPC port";
pub(crate) const HTTP_PORT: &str = "this looks like an HTTP port";

/// Exports a span. Returns its counts and all warnings about the URL.
fn export(builder: OtlpPipelineBuilder, url: &str) -> (SignalCounts, Vec<String>) {
    let logs = CapturedLogs::global();
    let logged_before = logs.containing(url).len();
    let short = [("OTEL_BSP_EXPORT_TIMEOUT", "1000")];
    let mut pipeline = build_fast(builder, &short);
    // Twice, because each warning is to be logged once.
    for _ in 0..2 {
        pipeline.span_sink().export(span("a"));
        let _ = pipeline.flush(TEST_TIMEOUT);
    }
    let counts = pipeline.shutdown(TEST_TIMEOUT).counts(Signal::Traces);
    let entries = logs.containing(url).into_iter().skip(logged_before);
    let warnings = entries.filter(|entry| entry.starts_with("WARN"));
    (counts, warnings.collect())
}

/// Exports to a URL that is not a receiver. Asserts that the only warning contains all these texts.
#[track_caller]
pub(crate) fn assert_failure_names(url: &str, protocol: OtlpProtocol, texts: &[&str]) {
    let builder = OtlpPipeline::builder().endpoint(url).protocol(protocol);
    let (counts, warnings) = export(builder, url);
    assert_eq!(
        (counts.exported, counts.send_failed),
        (0, 2),
        "{warnings:?}"
    );
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    for text in texts {
        assert!(warnings[0].contains(text), "{text} in {warnings:?}");
    }
}

/// Responds to each connection with these bytes.
fn raw_server(response: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(response);
            let _ = stream.shutdown(Shutdown::Write);
            // Otherwise unread data would make the system discard the response.
            let _ = io::copy(&mut stream, &mut io::sink());
        }
    });
    url
}

/// Starts hyper's server for HTTP/1 alone, which closes connections of HTTP/2 without a response.
fn http1_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let service =
                    service_fn(async |_| Ok::<_, io::Error>(http::Response::new(String::new())));
                let server = http1::Builder::new();
                // The error is the subject of the test.
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            }
        });
    });
    url
}

fn response(status: u16, content_type: &'static str, text: &'static [u8]) -> Behavior {
    Behavior::BodyLimit(BodyLimit {
        max_bytes: 0,
        decompressed: false,
        early: false,
        status,
        content_type,
        text,
    })
}

#[test]
fn grpc_port_is_named() {
    for accept_http1 in [false, true] {
        let receiver = Receiver::start_tonic(accept_http1);
        for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::HttpJson] {
            assert_failure_names(&receiver.url(), protocol, &[GRPC_PORT]);
        }
    }
    // The first frame of a server in Go, which closes the connection then.
    let go = raw_server(b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x05\x00\x00\x40\x00");
    assert_failure_names(&go, OtlpProtocol::HttpProtobuf, &[GRPC_PORT]);
}

#[test]
fn http_port_is_named() {
    // An HTTP server that understands HTTP/2.
    let receiver = Receiver::start();
    receiver.set_behavior(response(404, "text/plain", b"404 page not found\n"));
    let texts = [HTTP_PORT, "status 404 Not Found: \"404 page not found\""];
    assert_failure_names(&receiver.url(), OtlpProtocol::Grpc, &texts);
    receiver.set_behavior(response(200, "text/html", b"<html></html>"));
    let builder = OtlpPipeline::builder().endpoint(receiver.url());
    let (_, warnings) = export(builder.protocol(OtlpProtocol::Grpc), &receiver.url());
    assert!(warnings[0].contains(HTTP_PORT), "{warnings:?}");

    assert_failure_names(&http1_server(), OtlpProtocol::Grpc, &[HTTP_PORT]);
    let go = raw_server(
        b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
          Connection: close\r\n\r\n400 Bad Request",
    );
    assert_failure_names(&go, OtlpProtocol::Grpc, &[HTTP_PORT]);
    let python = raw_server(b"<!DOCTYPE HTML>\n<html lang=\"en\">\n");
    assert_failure_names(&python, OtlpProtocol::Grpc, &[HTTP_PORT]);
}

#[test]
fn port_with_or_without_tls_is_named() {
    let alert = raw_server(b"\x15\x03\x01\x00\x02\x02\x46");
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        assert_failure_names(&alert, protocol, &["one that requires `https`"]);
        for receiver in [Receiver::start(), Receiver::start_tonic(false)] {
            let url = receiver.url().replace("http:", "https:");
            assert_failure_names(&url, protocol, &["a port without TLS"]);
        }
    }
    let go = raw_server(
        b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    );
    let text = "status 400 Bad Request: \"Client sent an HTTP request to an HTTPS server.\"";
    assert_failure_names(&go, OtlpProtocol::HttpProtobuf, &[text]);
}

#[test]
fn receiver_that_restarts_is_not_called_wrong() {
    let receiver = Receiver::start();
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        let builder = OtlpPipeline::builder().endpoint(receiver.url());
        receiver.set_behavior(Behavior::CloseConnection);
        receiver.script([Behavior::Accept]);
        let (counts, warnings) = export(builder.protocol(protocol), &receiver.url());
        assert_eq!(
            (counts.exported, counts.send_failed),
            (1, 1),
            "{warnings:?}"
        );
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(!warnings[0].contains("looks like"), "{warnings:?}");
        // HTTP/2 closes only the stream.
        if protocol != OtlpProtocol::Grpc {
            let text = "the receiver closed the connection";
            assert!(warnings[0].contains(text), "{warnings:?}");
        }
    }
}

#[test]
fn first_line_of_error_is_shown() {
    for (protocol, content_type, text, expected) in [
        (
            OtlpProtocol::HttpProtobuf,
            "text/plain",
            &b"\nno tenant, set X-Scope-OrgID\nsecond line\n"[..],
            "status 400 Bad Request: \"no tenant, set X-Scope-OrgID\";",
        ),
        (
            OtlpProtocol::HttpProtobuf,
            "application/x-protobuf",
            b"\x08\x03\x12\x0bbad payload",
            "status 400 Bad Request: \"bad payload\";",
        ),
        (
            OtlpProtocol::HttpJson,
            "application/json",
            br#"{"code": 3, "message": "bad JSON", "details": []}"#,
            "status 400 Bad Request: \"bad JSON\";",
        ),
        (
            OtlpProtocol::HttpJson,
            "application/json",
            br#"{"error": "quota"}"#,
            r#"status 400 Bad Request: "{\"error\": \"quota\"}";"#,
        ),
        (
            OtlpProtocol::HttpProtobuf,
            "text/html",
            b"<html>\r\n<head><title>400 No cookie</title></head>\r\n<body>\r\n",
            "status 400 Bad Request: \"400 No cookie\";",
        ),
        (
            OtlpProtocol::Grpc,
            "text/plain",
            b"no such route\r\nsecond line",
            "status 400 Bad Request: \"no such route\"",
        ),
    ] {
        let receiver = Receiver::start();
        receiver.set_behavior(response(400, content_type, text));
        assert_failure_names(&receiver.url(), protocol, &[expected]);
    }
}

#[test]
fn shown_error_is_bounded() {
    const LONG: &[u8] = &[b'x'; 1 << 20];
    for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::Grpc] {
        let receiver = Receiver::start();
        receiver.set_behavior(response(500, "text/plain", LONG));
        let builder = OtlpPipeline::builder().endpoint(receiver.url());
        let (_, warnings) = export(builder.protocol(protocol), &receiver.url());
        assert!(warnings[0].contains("xxx"), "{warnings:?}");
        assert!(warnings[0].len() < 600, "{warnings:?}");
    }
}

#[test]
fn target_of_redirect_is_shown() {
    let receiver = Receiver::start();
    let location = "https://collector.example/v1/traces?key=secret".to_owned();
    let behavior = Behavior::HttpStatus(308, vec![("location", location)]);
    receiver.set_behavior(behavior);
    let builder = OtlpPipeline::builder().endpoint(receiver.url());
    let (_, warnings) = export(builder, &receiver.url());
    let target = "its target: \"https://collector.example/v1/traces\"";
    assert!(warnings[0].contains(target), "{warnings:?}");
    assert!(!warnings[0].contains("secret"), "{warnings:?}");
}

#[test]
fn endpoint_of_signal_without_path_is_named() {
    let receiver = Receiver::start();
    receiver.set_behavior(response(404, "text/plain", b"not found"));
    let builder = OtlpPipeline::builder().signal_endpoint(Signal::Traces, receiver.url());
    let (_, warnings) = export(builder, &receiver.url());
    assert!(
        warnings[0].contains("is usually `/v1/traces`"),
        "{warnings:?}"
    );
}

#[test]
fn success_without_otlp_response_is_warned_of_once() {
    for (content_type, text) in [
        ("text/html", &b"<html><title>Grafana</title></html>"[..]),
        ("text/plain", b"ok"),
        ("application/json", b"[]"),
        ("application/json", b"ok"),
        ("application/x-protobuf", b"\xff\xff\xff"),
    ] {
        for protocol in [OtlpProtocol::HttpProtobuf, OtlpProtocol::HttpJson] {
            let receiver = Receiver::start();
            receiver.set_behavior(response(200, content_type, text));
            let builder = OtlpPipeline::builder().endpoint(receiver.url());
            let (counts, warnings) = export(builder.protocol(protocol), &receiver.url());
            assert_eq!((counts.exported, counts.dropped()), (2, 0));
            assert_eq!(warnings.len(), 1, "{warnings:?}");
            assert!(warnings[0].contains("not an OTLP response"), "{warnings:?}");
            assert!(warnings[0].contains(content_type), "{warnings:?}");
        }
    }
}

#[test]
fn success_with_empty_body_is_not_warned_of() {
    for (status, content_type) in [(200, "text/plain"), (202, "application/json"), (204, "")] {
        let receiver = Receiver::start();
        receiver.set_behavior(response(status, content_type, b""));
        let builder = OtlpPipeline::builder().endpoint(receiver.url());
        let (counts, warnings) = export(builder, &receiver.url());
        assert_eq!((counts.exported, counts.dropped()), (2, 0));
        assert_eq!(warnings, Vec::<String>::new());
    }
}

#[test]
fn partial_success_without_rejected_items_is_a_warning() {
    for protocol in [
        OtlpProtocol::HttpProtobuf,
        OtlpProtocol::HttpJson,
        OtlpProtocol::Grpc,
    ] {
        let receiver = Receiver::start();
        receiver.set_behavior(Behavior::Reject(0, "use the new endpoint"));
        let builder = OtlpPipeline::builder().endpoint(receiver.url());
        let (counts, warnings) = export(builder.protocol(protocol), &receiver.url());
        assert_eq!((counts.exported, counts.dropped()), (2, 0));
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        let text = "accepted all spans with a warning: \"use the new endpoint\"";
        assert!(warnings[0].contains(text), "{warnings:?}");
    }
}

#[test]
fn general_endpoint_with_path_of_signal_is_warned_of() {
    for (url, path) in [
        ("http://localhost:1/v1/traces", "/v1/traces"),
        ("http://localhost:1/v1/traces/", "/v1/traces"),
        ("http://localhost:1/otlp/v1/logs", "/v1/logs"),
        ("http://localhost:1/v1/metrics?key=secret", "/v1/metrics"),
    ] {
        let general = [("OTEL_EXPORTER_OTLP_ENDPOINT", url)];
        let from_env = || drop(build_with(&general).unwrap());
        let from_builder = || drop(OtlpPipeline::builder().endpoint(url).build_with(|_| None));
        let ways: [(&str, &dyn Fn()); 2] = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &from_env),
            ("endpoint", &from_builder),
        ];
        for (setting, build) in ways {
            let ((), logs) = CapturedLogs::capture(build);
            let warnings: Vec<_> = logs.iter().filter(|it| it.starts_with("WARN")).collect();
            let text = format!("WARN {setting}: the URL ends in `{path}`");
            assert!(
                warnings.iter().all(|it| it.starts_with(&text)),
                "{warnings:?}"
            );
            assert!(
                !warnings.is_empty() && !logs.join("").contains("secret"),
                "{logs:?}"
            );
        }
    }
    // The endpoint of one signal is to contain the path.
    let own = [(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        "http://localhost:1/v1/traces",
    )];
    let (_, logs) = CapturedLogs::capture(|| drop(build_with(&own)));
    assert!(!logs.iter().any(|it| it.starts_with("WARN")), "{logs:?}");
}
