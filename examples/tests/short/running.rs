//! An example in a process of its own.

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::process::Command;

use serde_json::Value;

use crate::process::{Process, example, get, until};

/// The variables that would change the output on a machine where they are set.
const INHERITED: [&str; 3] = [
    "RUST_LOG",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_SERVICE_NAME",
];

/// An example that runs.
pub(crate) struct Running {
    pub(crate) process: Process,
}

/// A server with the addresses that it logged.
pub(crate) struct Server {
    pub(crate) running: Running,
    pub(crate) address: SocketAddr,
    pub(crate) management: SocketAddr,
}

/// Returns the command that runs an example with ports that the system chooses.
pub(crate) fn command(name: &str) -> Command {
    let mut command = Command::new(example(name));
    command
        .env("ADDRESS", "127.0.0.1:0")
        .env("OTEL_EXPORTER_PROMETHEUS_PORT", "0");
    for variable in INHERITED {
        command.env_remove(variable);
    }
    command
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let process = Process::start(command).unwrap();
        Self { process }
    }

    /// Returns the log entries so far.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let log = self.process.stdout();
        let entries = log.lines().map(|line| serde_json::from_str(line).unwrap());
        entries.collect()
    }

    /// Returns the access log entries so far.
    pub(crate) fn access_entries(&self) -> Vec<Value> {
        let mut entries = self.entries();
        entries.retain(|entry| entry["target"] == "gusset::access");
        entries
    }

    /// Waits for the entry with this message.
    pub(crate) async fn entry(&self, message: &str) -> Value {
        until(message, async || {
            let mut entries = self.entries().into_iter();
            entries.find(|entry| entry["message"] == message)
        })
        .await
    }

    /// Waits for the access log entry with this value.
    pub(crate) async fn access_entry(&self, key: &str, value: impl Into<Value>) -> Value {
        let value = value.into();
        until("an access log entry", async || {
            let mut entries = self.access_entries().into_iter();
            entries.find(|entry| entry[key] == value)
        })
        .await
    }

    /// Waits for the address of the management server.
    pub(crate) async fn management(&self) -> SocketAddr {
        let entry = self.entry("the management server listens").await;
        let port = entry["server.port"].as_u64().unwrap();
        format!("127.0.0.1:{port}").parse().unwrap()
    }

    /// Waits for the exit, and returns the code.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        self.process.exit_status().await.code()
    }
}

impl Server {
    /// Starts an example that serves, and waits until it listens.
    pub(crate) async fn start(name: &str) -> Self {
        Self::start_command(&mut command(name)).await
    }

    pub(crate) async fn start_command(command: &mut Command) -> Self {
        let running = Running::start(command);
        let listening = running.entry("listening").await;
        Self {
            address: listening["address"].as_str().unwrap().parse().unwrap(),
            management: running.management().await,
            running,
        }
    }

    /// Sends a request, and returns its status and response.
    pub(crate) fn get(&self, path: &str) -> (u16, String) {
        get(self.address, path).unwrap()
    }

    /// Sends a request with this method and without a body, and returns its status.
    pub(crate) fn send(&self, method: &str, path: &str) -> u16 {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n");
        let request = format!("{head}content-length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response[9..12].parse().unwrap()
    }

    /// Returns the page of metrics.
    pub(crate) fn metrics(&self) -> String {
        get(self.management, "/metrics").unwrap().1
    }

    /// Sends SIGTERM, and returns the exit code.
    pub(crate) async fn stop(&mut self) -> Option<i32> {
        self.running.process.terminate();
        self.running.exit_code().await
    }
}
