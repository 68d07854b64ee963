//! Exports through the proxies of `HTTPS_PROXY` and `HTTP_PROXY`.

use std::io::{Read as _, Write as _, copy};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver as Heads, Sender, channel};
use std::thread;

use gusset_data::SpanSink as _;
use gusset_otlp::{OtlpPipeline, Signal};

use crate::receiver::{Receiver, reserve_port};
use crate::support::{CapturedLogs, TEST_TIMEOUT, env, span};
use crate::tls::{TempDir, certificates, server};

/// A proxy that connects to one receiver, whatever its name, and returns the heads of requests.
struct HttpProxy {
    address: SocketAddr,
    heads: Heads<String>,
}

impl HttpProxy {
    fn start(receiver: SocketAddr, password: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heads) = channel();
        thread::spawn(move || {
            for client in listener.incoming() {
                let sender = sender.clone();
                thread::spawn(move || serve(client.unwrap(), receiver, password, &sender));
            }
        });
        Self { address, heads }
    }

    /// Returns the first line of the next request.
    fn next_request(&self) -> String {
        let head = self.heads.recv_timeout(TEST_TIMEOUT).unwrap();
        head.lines().next().unwrap().to_owned()
    }
}

fn serve(
    mut client: TcpStream,
    receiver: SocketAddr,
    password: Option<&str>,
    sender: &Sender<String>,
) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read(&mut byte).unwrap_or(0) == 0 {
            return;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8(head.clone()).unwrap();
    let is_allowed = password.is_none_or(|password| {
        let expected = format!("proxy-authorization: basic {password}");
        text.to_ascii_lowercase()
            .contains(&expected.to_ascii_lowercase())
    });
    let _ = sender.send(text.clone());
    if !is_allowed {
        let refusal = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
        let _ = client.write_all(refusal.as_bytes());
        return;
    }
    let mut server = TcpStream::connect(receiver).unwrap();
    if text.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    } else {
        server.write_all(&head).unwrap();
    }
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(std::net::Shutdown::Write);
    });
    let _ = copy(&mut server, &mut client);
}

/// Exports one span, and returns how many were exported.
fn export(endpoint: &str, variables: &[(&str, &str)]) -> usize {
    let all = [
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint),
        ("OTEL_BSP_EXPORT_TIMEOUT", "300"),
    ];
    let all = [&all, variables].concat();
    let pipeline = OtlpPipeline::builder().build_with(env(&all)).unwrap();
    pipeline.span_sink().export(span("a"));
    let report = pipeline.shutdown(TEST_TIMEOUT);
    usize::try_from(report.counts(Signal::Traces).exported).unwrap()
}

#[test]
fn http_is_forwarded_with_the_whole_url() {
    let receiver = Receiver::start();
    // "user:secret"
    let proxy = HttpProxy::start(receiver.address(), Some("dXNlcjpzZWNyZXQ="));
    let url = format!("http://user:secret@{}", proxy.address);
    let endpoint = "http://collector.example/v1/traces";
    assert_eq!(export(endpoint, &[("HTTP_PROXY", &url)]), 1);
    assert_eq!(
        proxy.next_request(),
        "POST http://collector.example/v1/traces HTTP/1.1"
    );
}

#[test]
fn https_is_tunnelled() {
    let (authority, own, client) = certificates();
    let dir = TempDir::new("proxy");
    let ca = dir.write("ca.pem", &authority.pem());
    let certificate = dir.write("client.pem", &client.certificate.pem());
    let key = dir.write("client.key", &client.key.serialize_pem());
    for protocol in ["grpc", "http/protobuf"] {
        let receiver = Receiver::listen_on(reserve_port().1, Some(server(&authority, &own)));
        let proxy = HttpProxy::start(receiver.address(), Some("dXNlcjpzZWNyZXQ="));
        let url = format!("http://user:secret@{}", proxy.address);
        let variables = [
            ("HTTPS_PROXY", url.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca),
            ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &certificate),
            ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &key),
        ];
        assert_eq!(
            export("https://collector.example/v1/traces", &variables),
            1,
            "{protocol}"
        );
        assert_eq!(
            proxy.next_request(),
            "CONNECT collector.example:443 HTTP/1.1"
        );
    }
}

#[test]
fn grpc_without_tls_is_tunnelled_to_its_port() {
    for (endpoint, host) in [
        ("http://collector.example", "collector.example:80"),
        ("http://collector.example:4317", "collector.example:4317"),
    ] {
        let receiver = Receiver::start();
        let proxy = HttpProxy::start(receiver.address(), None);
        let url = format!("http://{}", proxy.address);
        let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
        assert_eq!(export(endpoint, &[("ALL_PROXY", &url), grpc]), 1);
        assert_eq!(proxy.next_request(), format!("CONNECT {host} HTTP/1.1"));
    }
}

#[test]
fn refusal_and_absence_of_the_proxy_are_named() {
    let receiver = Receiver::start();
    let proxy = HttpProxy::start(receiver.address(), Some("dXNlcjpzZWNyZXQ="));
    let (absent, _reserved) = reserve_port();
    let logs = CapturedLogs::global();
    for (endpoint, address, reason) in [
        (
            "https://tunnel.example",
            proxy.address,
            "proxy authorization required",
        ),
        ("http://forward.example", proxy.address, "407"),
        ("http://absent.example", absent, "refused"),
    ] {
        let url = format!("http://user:wrong@{address}");
        assert_eq!(export(endpoint, &[("ALL_PROXY", &url)]), 0);
        let found = logs.containing(&format!(
            "{endpoint}/ through the proxy http://{address} failed"
        ));
        assert!(
            found.iter().any(|line| line.contains(reason)),
            "{endpoint}: {found:?}"
        );
        assert!(logs.containing("wrong").is_empty());
    }
}
