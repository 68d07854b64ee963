//! The management server, over real sockets, from a plain thread.

use std::error::Error as _;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use gusset_admin::{ManagementServer, ManagementServerBuilder};
use gusset_core::ConfigError;
use gusset_http::{Mount, Reach, Routes};

use crate::support::{Text, builder, get, read_response, server};

#[test]
fn builder_and_handle_are_send_and_sync() {
    fn shared<T: Send + Sync>() {}
    shared::<ManagementServer>();
    shared::<ManagementServerBuilder>();
}

#[test]
fn each_path_has_its_endpoint() {
    let server = builder()
        .route("/b", Text("two"))
        .fallback("nothing here\n")
        .port(0)
        .start()
        .unwrap();
    let address = server.local_addr();
    assert!(address.ip().is_loopback() && address.port() != 0);
    assert!(get(address, "/a?query").ends_with("\r\n\r\none"));
    assert!(get(address, "/b").ends_with("\r\n\r\ntwo"));
    let missing = get(address, "/a/");
    assert!(missing.starts_with("HTTP/1.1 404 "), "{missing}");
    assert!(missing.ends_with("\r\n\r\nnothing here\n"), "{missing}");
}

#[test]
fn paths_that_cannot_be_mounted_are_named() {
    for path in ["/a", "b"] {
        let error = builder().port(0).route(path, Text("")).start().unwrap_err();
        assert_eq!(error.setting(), "route");
        assert!(error.reason().contains(&format!("`{path}`")), "{error}");
    }
}

#[test]
fn part_may_refuse_to_face_the_network() {
    struct Local;
    impl Mount for Local {
        fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
            match reach {
                Reach::Loopback => routes.route("/local", Text("local")),
                _ => Err(ConfigError::new("host", "local only")),
            }
        }
    }
    let server = builder().mount(Local).port(0).start().unwrap();
    assert!(get(server.local_addr(), "/local").ends_with("local"));
    let error = builder().mount(Local).host("0.0.0.0").port(0).start();
    assert_eq!(error.unwrap_err().to_string(), "`host`: local only");
}

#[test]
fn one_connection_serves_many_requests() {
    let server = server();
    let mut stream = TcpStream::connect(server.local_addr()).unwrap();
    for _ in 0..3 {
        stream
            .write_all(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
            .unwrap();
        assert!(read_response(&mut stream).ends_with("one"));
    }
}

#[test]
fn port_is_free_after_shutdown() {
    let server = server();
    let address = server.local_addr();
    // An idle connection does not delay the shutdown.
    let _idle = TcpStream::connect(address).unwrap();
    server.shutdown();
    assert!(TcpStream::connect(address).is_err());
    assert!(TcpListener::bind(address).is_ok());
}

#[test]
fn dropped_handle_closes_port_and_connections() {
    let server = server();
    let address = server.local_addr();
    let mut idle = TcpStream::connect(address).unwrap();
    idle.write_all(b"GET /a HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    read_response(&mut idle);
    // A connection that does not end fails the test instead of hanging it.
    idle.set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();

    drop(server);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0, "the connection ends");
    // The drop does not wait; the thread closes the port when it runs.
    let mut tries = 0;
    while TcpListener::bind(address).is_err() {
        tries += 1;
        assert!(tries < 1_000_000, "the port stays open");
        thread::yield_now();
    }
}

#[test]
fn code_overrides_environment_overrides_default() {
    let with = |host: &'static str, port: &'static str| {
        builder().env(move |name| match name {
            "OTEL_EXPORTER_PROMETHEUS_HOST" => Some(host.to_owned()),
            "OTEL_EXPORTER_PROMETHEUS_PORT" => Some(port.to_owned()),
            _ => None,
        })
    };
    let server = with("localhost", "0").start().unwrap();
    assert!(server.local_addr().ip().is_loopback());
    assert_ne!(server.local_addr().port(), 9464);
    // An overridden variable may be malformed.
    let server = with("no such host", "no port")
        .host("127.0.0.1")
        .port(0)
        .start();
    assert!(server.is_ok());
    // Empty is unset.
    assert!(with("", "").port(0).start().is_ok());
}

#[test]
fn malformed_variable_is_named() {
    for bad in ["http", "65536", "-1", "94 64"] {
        let env = |name: &str| (name == "OTEL_EXPORTER_PROMETHEUS_PORT").then(|| bad.to_owned());
        let error = builder().env(env).start().unwrap_err();
        let expected = format!("`OTEL_EXPORTER_PROMETHEUS_PORT`: `{bad}` is not a port number");
        assert_eq!(error.to_string(), expected);
    }
    let env = |name: &str| (name == "OTEL_EXPORTER_PROMETHEUS_HOST").then(|| "a b".to_owned());
    let error = builder().port(0).env(env).start().unwrap_err();
    assert_eq!(error.setting(), "OTEL_EXPORTER_PROMETHEUS_HOST");
    let cause = error.source().unwrap().to_string();
    let expected = format!("`a b` is not an address and cannot be resolved: {cause}");
    assert_eq!(
        error.reason(),
        expected,
        "the reason of the system is given"
    );
}

#[test]
fn taken_port_is_named_with_the_reason() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = builder().port(port).start().unwrap_err();
    let cause = error.source().unwrap().to_string();
    let expected = format!("`port`: cannot listen on host `127.0.0.1`, port {port}: {cause}");
    assert_eq!(error.to_string(), expected);
    // The error of every builder keeps it.
    assert_eq!(ConfigError::from(error).to_string(), expected);
}

#[test]
fn limits_of_zero_are_refused() {
    let error = builder().max_connections(0).start().unwrap_err();
    assert_eq!(error.to_string(), "`max_connections`: must not be 0");
    let error = builder().max_connections_per_peer(0).start().unwrap_err();
    assert_eq!(
        error.to_string(),
        "`max_connections_per_peer`: must not be 0"
    );
}

#[cfg(unix)]
#[test]
fn variables_that_are_not_unicode_are_ignored_with_a_warning() {
    use gusset_testkit::{EventRecorder, with_invalid_variables};

    const HOST: &str = "OTEL_EXPORTER_PROMETHEUS_HOST";
    const PORT: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
    let test = "server::variables_that_are_not_unicode_are_ignored_with_a_warning";
    if !with_invalid_variables(test, &[HOST, PORT]).unwrap() {
        return;
    }
    let log = EventRecorder::new(tracing::Level::WARN);
    let started = log.record(|| ManagementServer::builder().start());
    // Another process may have the default port.
    match started {
        Ok(server) => assert_eq!(server.local_addr().to_string(), "127.0.0.1:9464"),
        Err(error) => assert!(error.to_string().contains("127.0.0.1:9464"), "{error}"),
    }
    let lines = log.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    for variable in [HOST, PORT] {
        assert!(
            lines.iter().any(|line| line.contains(variable)),
            "{lines:?}"
        );
    }
    // A setting replaces the variable, so there is nothing to warn of.
    let log = EventRecorder::new(tracing::Level::WARN);
    let builder = ManagementServer::builder().host("127.0.0.1").port(0);
    drop(log.record(|| builder.start()).unwrap());
    assert_eq!(log.lines(), [""; 0]);
}
