//! Real servers in front of the receiver: nginx, and Go's `net/http`. These tests print that they are
//! skipped if the program is not installed, and fail in a CI.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use gusset_core::Clock;
use gusset_otlp::OtlpProtocol;

use crate::receiver::Receiver;
use crate::size_limits::{LIMIT, assert_split};
use crate::support::TEST_TIMEOUT;
use crate::wrong_receivers::{GRPC_PORT, HTTP_PORT, assert_failure_names};

/// A process that ends with the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn is_installed(program: &str, argument: &str) -> bool {
    let command = Command::new(program)
        .arg(argument)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let is_installed = command.is_ok_and(|status| status.success());
    if !is_installed {
        assert!(std::env::var_os("CI").is_none(), "CI requires `{program}`");
        println!("skipped: `{program}` is not installed");
    }
    is_installed
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(folder.join("temp")).unwrap();
    folder
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

impl Process {
    /// Waits until the process listens. Returns false if it ends instead: another process may have taken
    /// the port.
    fn listens(&mut self, address: SocketAddr) -> bool {
        let end = Clock::system().now() + TEST_TIMEOUT;
        while TcpStream::connect(address).is_err() {
            if self.0.try_wait().unwrap().is_some() {
                return false;
            }
            assert!(Clock::system().now() < end, "nothing listens on {address}");
            std::thread::yield_now();
        }
        true
    }
}

/// nginx before a receiver, with a limit for bodies.
struct Nginx {
    _process: Process,
    /// Forwards HTTP/1.
    http: SocketAddr,
    /// Forwards gRPC.
    grpc: SocketAddr,
}

impl Nginx {
    /// Returns `None` if nginx is not installed.
    fn start(name: &str, receiver: &Receiver) -> Option<Self> {
        if !is_installed("nginx", "-v") {
            return None;
        }
        let mut tries = std::iter::repeat_with(|| Self::try_start(name, receiver)).take(5);
        Some(tries.find_map(|nginx| nginx).expect("nginx runs"))
    }

    fn try_start(name: &str, receiver: &Receiver) -> Option<Self> {
        let (http, grpc, to) = (free_address(), free_address(), receiver.address());
        let folder = folder(name);
        let config = format!(
            "daemon off; master_process off; pid temp/pid; error_log stderr crit;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path temp/body; proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi; uwsgi_temp_path temp/uwsgi; scgi_temp_path temp/scgi;
  client_max_body_size {LIMIT};
  server {{ listen {http}; location / {{ proxy_pass http://{to}; }} }}
  server {{ listen {grpc} http2; location / {{ grpc_pass grpc://{to}; }} }}
}}
"
        );
        let file = folder.join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("nginx");
        command.arg("-p").arg(&folder).arg("-c").arg(&file);
        // It warns that it does not own its log of the system.
        let mut process = Process(command.stderr(Stdio::null()).spawn().unwrap());
        let runs = process.listens(http) && process.listens(grpc);
        runs.then_some(Self {
            _process: process,
            http,
            grpc,
        })
    }
}

/// Starts a server in Go before a receiver, which refuses larger bodies with this status.
fn start_go(receiver: &Receiver, status: u16) -> Option<(Process, SocketAddr)> {
    if !is_installed("go", "version") {
        return None;
    }
    // Built once, because a program that runs cannot be written.
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| {
        let program = folder("go").join("receiver");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/receiver.go");
        let mut build = Command::new("go");
        build.arg("build").arg("-o").arg(&program).arg(source);
        // A file alone needs neither a module nor the network.
        build.env("GO111MODULE", "off").env("GOTOOLCHAIN", "local");
        assert!(build.status().unwrap().success());
        program
    });
    let mut command = Command::new(program);
    command.args([receiver.url(), LIMIT.to_string(), status.to_string()]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    Some((Process(child), line.trim().parse().unwrap()))
}

#[test]
fn batch_over_the_limit_of_nginx_is_split() {
    for protocol in [
        OtlpProtocol::HttpProtobuf,
        OtlpProtocol::HttpJson,
        OtlpProtocol::Grpc,
    ] {
        for gzip in [false, true] {
            let receiver = Receiver::start();
            let Some(nginx) = Nginx::start("nginx-split", &receiver) else {
                return;
            };
            let address = match protocol {
                OtlpProtocol::Grpc => nginx.grpc,
                _ => nginx.http,
            };
            let url = format!("http://{address}");
            assert_split("nginx", (&receiver, &url), protocol, gzip, LIMIT);
        }
    }
}

#[test]
fn wrong_port_of_nginx_is_named() {
    let receiver = Receiver::start();
    let Some(nginx) = Nginx::start("nginx-ports", &receiver) else {
        return;
    };
    let url = format!("http://{}", nginx.http);
    assert_failure_names(&url, OtlpProtocol::Grpc, &[HTTP_PORT]);
    let url = format!("http://{}", nginx.grpc);
    assert_failure_names(&url, OtlpProtocol::HttpProtobuf, &[GRPC_PORT]);
}

#[test]
fn batch_over_the_limit_of_go_is_split() {
    for status in [413, 400] {
        for gzip in [false, true] {
            let receiver = Receiver::start();
            let Some((_process, address)) = start_go(&receiver, status) else {
                return;
            };
            let url = format!("http://{address}");
            let protocol = OtlpProtocol::HttpProtobuf;
            assert_split(status, (&receiver, &url), protocol, gzip, LIMIT);
        }
    }
}

#[test]
fn http_port_of_go_is_named() {
    let receiver = Receiver::start();
    let Some((_process, address)) = start_go(&receiver, 413) else {
        return;
    };
    let url = format!("http://{address}");
    assert_failure_names(&url, OtlpProtocol::Grpc, &[HTTP_PORT]);
}
