//! The servers of the tests, each in a process of its own, on free ports of loopback.

use std::net::SocketAddr;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use gusset_tests::programs::Program;

/// The user and group without rights, because PostgreSQL does not run as root.
const UNPRIVILEGED_ID: u32 = 65534;

/// The user of the database.
pub(crate) const DATABASE_USER: &str = "gusset";

/// A broker: its URL, and its processes. The first is the broker itself.
pub(crate) struct BrokerServer {
    pub(crate) url: String,
    _programs: Vec<Program>,
}

/// Returns whether a program is there. If not, prints that the test is skipped; in a CI, that is a failure.
fn is_installed(program: &str, check: &[&str]) -> bool {
    let output = Command::new(check[0])
        .args(&check[1..])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if output.is_ok_and(|status| status.success()) {
        return true;
    }
    assert!(std::env::var_os("CI").is_none(), "CI requires {program}");
    println!("SKIPPED: {program} is missing; `cargo xtask test` installs it");
    false
}

pub(crate) async fn redis() -> Option<BrokerServer> {
    if !is_installed("redis-server", &["redis-server", "--version"]) {
        return None;
    }
    let redis = Program::start("messages-redis", 1, |addresses, folder| {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.args(["--port", &addresses[0].port().to_string(), "--dir"]);
        command.arg(folder.path());
        command
    });
    Some(BrokerServer::new("redis", redis.await))
}

pub(crate) async fn nats() -> Option<BrokerServer> {
    if !is_installed("nats-server", &["nats-server", "--version"]) {
        return None;
    }
    let nats = Program::start("messages-nats", 1, |addresses, folder| {
        let mut command = Command::new("nats-server");
        command.args(["--addr", "127.0.0.1", "--jetstream", "--store_dir"]);
        command.arg(folder.path());
        command.args(["--port", &addresses[0].port().to_string()]);
        command
    });
    Some(BrokerServer::new("nats", nats.await))
}

/// Starts RabbitMQ, and the port mapper of Erlang before it: otherwise RabbitMQ would start one that outlives it.
pub(crate) async fn rabbitmq() -> Option<BrokerServer> {
    if !is_installed("RabbitMQ", &["rabbitmq-unpacked", "--is-installed"]) {
        return None;
    }
    let epmd = Program::start("messages-epmd", 1, |addresses, _| {
        let mut command = Command::new("epmd");
        command.args(["-address", "127.0.0.1", "-port"]);
        command.arg(addresses[0].port().to_string());
        command
    });
    let epmd = epmd.await;
    let epmd_port = epmd.addr(0).port().to_string();
    let rabbitmq = Program::start("messages-rabbitmq", 2, move |addresses, folder| {
        let [port, node_port] = [0, 1].map(|index| addresses[index].port().to_string());
        let path = |name: &str| folder.path().join(name);
        let mut command = Command::new("rabbitmq-unpacked");
        command
            .env("HOME", folder.path())
            .env("ERL_EPMD_PORT", &epmd_port)
            // One process, which is the one that is ended.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env("RABBITMQ_NODENAME", format!("gusset{port}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", &port)
            .env("RABBITMQ_DIST_PORT", node_port)
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("plugins"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", path("generated"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            // They are not there, so those of the machine are not read.
            .env("RABBITMQ_CONFIG_FILE", path("none"))
            .env("RABBITMQ_CONF_ENV_FILE", path("none"));
        command
    });
    let mut server = BrokerServer::new("amqp", rabbitmq.await);
    server._programs.push(epmd);
    Some(server)
}

/// Starts a database of a test, which has this name.
pub(crate) async fn postgresql(test: &str) -> Option<Program> {
    let is_installed = is_installed("postgresql", &["postgres", "--version"])
        && is_installed("postgresql", &["initdb", "--version"]);
    if !is_installed {
        return None;
    }
    let name = format!("messages-postgresql-{test}");
    let postgresql = Program::start(&name, 1, |addresses, folder| {
        let data = folder.path().join("data");
        let is_root = folder.path().metadata().unwrap().uid() == 0;
        let command = |program: &str| {
            let mut command = Command::new(program);
            if is_root {
                command.uid(UNPRIVILEGED_ID).gid(UNPRIVILEGED_ID);
            }
            command.current_dir(folder.path());
            command
        };
        if is_root {
            chown(folder.path(), Some(UNPRIVILEGED_ID), Some(UNPRIVILEGED_ID)).unwrap();
        }
        initialise(command("initdb"), &data);
        let mut postgres = command("postgres");
        postgres.arg("-D").arg(data);
        // Without a file for each socket, and without a wait for the disk.
        postgres.args(["-h", "127.0.0.1", "-k", "", "-F"]);
        // In its folder, because it is killed and does not clean up.
        postgres.args(["-c", "dynamic_shared_memory_type=mmap"]);
        postgres.args(["-p", &addresses[0].port().to_string()]);
        postgres
    });
    Some(postgresql.await)
}

fn initialise(mut initdb: Command, data: &Path) {
    initdb.arg("-D").arg(data);
    initdb.args(["-U", DATABASE_USER, "-A", "trust", "-E", "UTF8"]);
    initdb.args(["--locale", "C", "--no-sync"]);
    let output = initdb.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

impl BrokerServer {
    fn new(scheme: &str, program: Program) -> Self {
        let address: SocketAddr = program.addr(0);
        Self {
            url: format!("{scheme}://{address}"),
            _programs: vec![program],
        }
    }
}
