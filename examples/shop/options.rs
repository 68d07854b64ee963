//! The command line, and what the shop prints at its start.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const HELP: &str = "\
A shop that uses gusset.

  --listen ADDR        address of the shop; port 0 picks a free one [default: 127.0.0.1:3000]
  --management ADDR    address of probes and metrics [default: 127.0.0.1:9465, or a free port
                       if the shop's port is 0]
  --drain SECONDS      how long it accepts requests after SIGTERM [default: 5 in Kubernetes, else 0]
  --deadline SECONDS   how long open requests may take after that [default: what remains of 30]
  --live SECONDS       how long its runtime may be stuck before `/livez` fails [default: 30]
  --incidents FOLDER   where its incident reports are [default: gusset-shop-PORT in the folder
                       of temporary files]
  --health             probes a running shop: exit code 0 if it is ready, else 1
  --traffic            sends requests to itself, and compares its metrics with what it sent
  --seconds N          exits after N seconds
  --help               prints this help

Environment variables: SHOP_LISTEN, SHOP_MANAGEMENT and SHOP_DRAIN are defaults for the options
above. SHOP_TOKEN is the bearer token for the details of health, for profiles
(/debug/pprof/profile) and for faults on purpose (/chaos, which it alone turns on). It is required
if the management address is not a loopback address.
";

/// Paths to try with `curl`.
const EXAMPLE_PATHS: [&str; 9] = [
    "/catalogue",
    "/export",
    "/events",
    "/slow",
    "/fail",
    "/fail?late=true",
    "/nowhere",
    "/metrics",
    "/readyz",
];

const DEFAULT_PORT: u16 = 3000;
const DEFAULT_MANAGEMENT_PORT: u16 = 9465;

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) management: Option<SocketAddr>,
    pub(crate) drain: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) live: Option<Duration>,
    pub(crate) incidents: Option<PathBuf>,
    pub(crate) token: Option<String>,
    pub(crate) health: bool,
    pub(crate) traffic: bool,
    pub(crate) seconds: Option<u64>,
    pub(crate) help: bool,
}

impl Options {
    /// Parses the arguments, which override environment variables. The error names the setting.
    pub(crate) fn parse(
        args: impl IntoIterator<Item = String>,
        env: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut options = Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)),
            management: None,
            drain: None,
            deadline: None,
            live: None,
            incidents: None,
            token: env("SHOP_TOKEN"),
            health: false,
            traffic: false,
            seconds: None,
            help: false,
        };
        if let Some(value) = env("SHOP_LISTEN") {
            options.listen = parse_address("SHOP_LISTEN", &value)?;
        }
        if let Some(value) = env("SHOP_MANAGEMENT") {
            options.management = Some(parse_address("SHOP_MANAGEMENT", &value)?);
        }
        if let Some(value) = env("SHOP_DRAIN") {
            options.drain = Some(parse_seconds("SHOP_DRAIN", &value)?);
        }
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg}: a value is missing"));
            match arg.as_str() {
                "--traffic" => options.traffic = true,
                "--help" | "-h" => options.help = true,
                "--health" => options.health = true,
                "--listen" => options.listen = parse_address(&arg, &value()?)?,
                "--management" => options.management = Some(parse_address(&arg, &value()?)?),
                "--drain" => options.drain = Some(parse_seconds(&arg, &value()?)?),
                "--deadline" => options.deadline = Some(parse_seconds(&arg, &value()?)?),
                "--live" => options.live = Some(parse_seconds(&arg, &value()?)?),
                "--incidents" => options.incidents = Some(value()?.into()),
                "--seconds" => {
                    let value = value()?;
                    let invalid = |_| {
                        format!("--seconds: `{value}` is not a whole number of seconds, such as 5")
                    };
                    options.seconds = Some(value.parse().map_err(invalid)?);
                }
                _ => return Err(format!("unknown argument `{arg}`; try --help")),
            }
        }
        Ok(options)
    }

    /// Returns the folder of incident reports. A shop with a free port has one of its own.
    pub(crate) fn incidents(&self) -> PathBuf {
        self.incidents.clone().unwrap_or_else(|| {
            let name = match self.listen.port() {
                0 => format!("gusset-shop-process-{}", std::process::id()),
                port => format!("gusset-shop-{port}"),
            };
            std::env::temp_dir().join(name)
        })
    }

    /// Returns the address of the management server. Its port is free if the shop's is.
    pub(crate) fn management(&self) -> SocketAddr {
        let port = match self.listen.port() {
            0 => 0,
            _ => DEFAULT_MANAGEMENT_PORT,
        };
        self.management
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

fn parse_address(name: &str, value: &str) -> Result<SocketAddr, String> {
    let invalid =
        |_| format!("{name}: `{value}` is not an address and port, such as 127.0.0.1:3000");
    value.parse().map_err(invalid)
}

fn parse_seconds(name: &str, value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{name}: `{value}` is not a number of seconds, such as 0.5"))
}

/// Prints the addresses of the shop, and what to try.
pub(crate) fn greet(
    out: &mut impl Write,
    shop: SocketAddr,
    stock: SocketAddr,
    management: SocketAddr,
) -> io::Result<()> {
    writeln!(out, "shop        http://{shop}")?;
    writeln!(out, "metrics     http://{shop}/metrics")?;
    writeln!(out, "stock       http://{stock} (gRPC)")?;
    writeln!(out, "management  http://{management}/healthz")?;
    writeln!(out, "operations  http://{management}/ops")?;
    writeln!(out, "\nTry these, then look at the log and the metrics:")?;
    for path in EXAMPLE_PATHS {
        writeln!(out, "  curl -iN 'http://{shop}{path}'")?;
    }
    writeln!(out, "Press Ctrl-C to stop.\n")?;
    out.flush()
}
