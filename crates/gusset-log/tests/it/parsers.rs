//! Entries, parsed by other programs. A test is skipped if its program is missing, except in CI.

use std::io::Write as _;
use std::process::{Command, Stdio};

use gusset_http::{PeerAddr, Route};
use gusset_log::{AccessLog, Format};
use http::Response;
use tracing::warn;

use crate::formats::sample;
use crate::support::*;

/// Runs a Python script with the entries as its input. Status 77 means that a package is missing.
fn python(package: &str, script: &str, lines: &[String]) {
    let script = format!(
        "import sys\ntry:\n    import {package}\nexcept ImportError:\n    sys.exit(77)\n{script}"
    );
    let child = Command::new("python3")
        .args(["-c", &script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let output = child.map(|mut child| {
        let mut stdin = child.stdin.take().unwrap();
        // A script that exits early reads no input. Its status is checked below.
        let _ = stdin.write_all((lines.join("\n") + "\n").as_bytes());
        drop(stdin);
        child.wait_with_output().unwrap()
    });
    match output {
        Ok(output) if output.status.code() != Some(77) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{stderr}\n{lines:#?}");
        }
        _ => {
            let ci = std::env::var_os("CI").is_some();
            assert!(
                !ci,
                "python3 with {package} is missing, and CI must have it"
            );
            println!("SKIPPED: python3 with {package} is missing");
        }
    }
}

fn assert_fits_schema(schema: &str, more: &str, lines: &[String]) {
    assert!(!lines.is_empty());
    let script = format!(
        "import json\nschema = json.loads(r'''{schema}''')\n\
         jsonschema.Draft202012Validator.check_schema(schema)\n\
         for line in sys.stdin:\n    line = json.loads(line)\n    jsonschema.Draft202012Validator(schema).validate(line)\n{more}"
    );
    python("jsonschema", &script, lines);
}

/// Returns goaccess's report, or `None` if goaccess is missing.
fn goaccess(format: &str, lines: &[String]) -> Option<serde_json::Value> {
    let child = Command::new("goaccess")
        .args(["-", "--no-global-config", "--no-progress", "-o", "json"])
        .arg(format!("--log-format={format}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        let ci = std::env::var_os("CI").is_some();
        assert!(!ci, "goaccess is missing, and CI must have it");
        println!("SKIPPED: goaccess is missing");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin
        .write_all((lines.join("\n") + "\n").as_bytes())
        .unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}\n{lines:#?}");
    Some(serde_json::from_slice(&output.stdout).expect("a report"))
}

#[test]
fn goaccess_counts_hostile_entries() {
    for (format, format_name) in [(Format::Common, "COMMON"), (Format::Combined, "COMBINED")] {
        let lines = logged(builder(format), || {
            for agent in [
                &b"curl/8"[..],
                b"a \"quoted\" \\ agent",
                b"\x1b[31m\xff",
                b"-",
            ] {
                let mut request = get("/items/42?token=secret");
                let agent = http::HeaderValue::from_bytes(agent);
                if let Ok(agent) = agent {
                    request.headers_mut().insert("user-agent", agent);
                }
                let peer = PeerAddr(([192, 0, 2, 7], 4711).into());
                request.extensions_mut().insert(peer);
                let log = AccessLog::server().referer().build_with(no_env).unwrap();
                call(log, request, |_| Response::new("hello"));
            }
        });
        assert_eq!(lines.len(), 4);
        let Some(report) = goaccess(format_name, &lines) else {
            return;
        };
        let general = &report["general"];
        assert_eq!(general["valid_requests"], 4, "{lines:#?}");
        assert_eq!(general["failed_requests"], 0, "{lines:#?}");
        assert_eq!(general["bandwidth"], 4 * 5);
        let request = &report["requests"]["data"][0];
        assert_eq!(request["hits"]["count"], 4);
        assert_eq!(request["method"], "GET");
        assert_eq!(request["data"], "/items/42");
        assert_eq!(report["hosts"]["data"][0]["data"], "192.0.2.7");
    }
}

#[test]
fn goaccess_reads_entries_without_peer_address() {
    for (format, format_name) in [(Format::Common, "COMMON"), (Format::Combined, "COMBINED")] {
        let lines = logged(builder(format), || {
            for _ in 0..8 {
                let log = AccessLog::server().build_with(no_env).unwrap();
                call(log, get("/items/42"), |_| Response::new("hello"));
            }
        });
        assert!(lines.iter().all(|line| line.starts_with("0.0.0.0 - - [")));
        let Some(report) = goaccess(format_name, &lines) else {
            return;
        };
        let general = &report["general"];
        assert_eq!(general["valid_requests"], 8, "{lines:#?}");
        assert_eq!(general["failed_requests"], 0, "{lines:#?}");
    }
}

#[test]
fn json_fits_opentelemetry_schema() {
    assert_fits_schema(include_str!("schemas/json.json"), "", &sample(Format::Json));
}

#[test]
fn ecs_fits_elastic_schema() {
    let order = "    assert list(line)[:3] == ['@timestamp', 'log.level', 'message'], line\n";
    assert_fits_schema(
        include_str!("schemas/ecs.json"),
        order,
        &sample(Format::Ecs),
    );
}

#[test]
fn google_cloud_fits_agent_schema() {
    let lines = sample(Format::google_cloud("my-project"));
    assert_fits_schema(include_str!("schemas/google_cloud.json"), "", &lines);
}

#[test]
fn datadog_fits_attribute_schema() {
    assert_fits_schema(
        include_str!("schemas/datadog.json"),
        "",
        &sample(Format::Datadog),
    );
}

#[test]
fn emf_metric_refers_to_existing_members() {
    let mut lines = sample(Format::emf("shop"));
    lines.retain(|line| line.contains("gusset::access"));
    let members = "
    directive = line['_aws']['CloudWatchMetrics'][0]
    for dimensions in directive['Dimensions']:
        assert all(isinstance(line[name], str) for name in dimensions), line
    assert all(isinstance(line[metric['Name']], (int, float)) for metric in directive['Metrics']), line
";
    assert_fits_schema(include_str!("schemas/emf.json"), members, &lines);
}

#[test]
fn logfmt_is_parsed_by_python() {
    let lines = logged(builder(Format::Logfmt), || {
        warn!(
            text = "a \"quoted\" word",
            number = -7,
            empty = "",
            path = "/a/b",
            "two words"
        );
    });
    let script = r#"
[line] = list(logfmt.parse(sys.stdin))
assert line["text"] == 'a "quoted" word', line
assert line["number"] == "-7" and line["path"] == "/a/b" and line["level"] == "warn", line
assert line["message"] == "two words", line
assert line["ts"] == "2026-11-22T12:00:00.123456Z", line
"#;
    python("logfmt", script, &lines);
}

#[test]
fn combined_is_parsed_by_apache_log_parser() {
    let lines = logged(builder(Format::Combined), || {
        let mut request = get("/items/42?token=secret");
        request
            .headers_mut()
            .insert("user-agent", "curl/8".parse().unwrap());
        request
            .headers_mut()
            .insert("referer", "https://a.example/list?x=1".parse().unwrap());
        request.extensions_mut().insert(Route::new("/items/{id}"));
        request
            .extensions_mut()
            .insert(PeerAddr(([192, 0, 2, 7], 4711).into()));
        let log = AccessLog::server().referer().build_with(no_env).unwrap();
        call(log, request, |_| Response::new("hello"));
    });
    let script = r#"
parse = apache_log_parser.make_parser('%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-agent}i"')
line = parse(sys.stdin.read().strip())
assert line["remote_host"] == "192.0.2.7", line
assert line["time_received_utc_isoformat"] == "2026-11-22T12:00:00+00:00", line
assert line["request_first_line"] == "GET /items/42 HTTP/1.1", line
assert (line["status"], line["response_bytes_clf"]) == ("200", "5"), line
assert line["request_header_referer"] == "https://a.example/list", line
assert line["request_header_user_agent"] == "curl/8", line
"#;
    python("apache_log_parser", script, &lines);
}
