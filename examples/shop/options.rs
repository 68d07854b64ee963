//! What may be said on the command line, and what the shop says first.

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

pub(crate) const HELP: &str = "\
A shop that wears gusset.

  --listen ADDR        where the shop listens: 127.0.0.1:3000 unless set; port 0 finds one
  --management ADDR    where its probes listen: 127.0.0.1:9465 unless set, or a port that is found
  --drain SECONDS      how long it serves on once it is told to end: 5 in Kubernetes, else 0
  --deadline SECONDS   how long calls under way may take then: what the grace of 30 leaves
  --live SECONDS       how long its runtime may be stuck before it is not live: 30
  --health             asks the shop that listens there whether it is ready: exit code 0 or 1
  --traffic            drives traffic at itself, and holds the page against its own count at the end
  --seconds N          ends by itself after N seconds
  --help               says this

In a container: SHOP_LISTEN, SHOP_MANAGEMENT and SHOP_DRAIN say the same, and SHOP_TOKEN opens the
details of the probes; it is asked for where they can be reached from outside.
";

/// What a visitor may like to see.
const TRY: [&str; 9] = [
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

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) management: Option<SocketAddr>,
    pub(crate) drain: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) live: Option<Duration>,
    pub(crate) token: Option<String>,
    pub(crate) health: bool,
    pub(crate) traffic: bool,
    pub(crate) seconds: Option<u64>,
    pub(crate) help: bool,
}

impl Options {
    /// Reads the arguments, and what the environment says where no argument does; or names what cannot
    /// be used.
    pub(crate) fn parse(
        args: impl IntoIterator<Item = String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let mut options = Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 3000)),
            management: None,
            drain: None,
            deadline: None,
            live: None,
            token: environment("SHOP_TOKEN"),
            health: false,
            traffic: false,
            seconds: None,
            help: false,
        };
        if let Some(value) = environment("SHOP_LISTEN") {
            options.listen = address("SHOP_LISTEN", &value)?;
        }
        if let Some(value) = environment("SHOP_MANAGEMENT") {
            options.management = Some(address("SHOP_MANAGEMENT", &value)?);
        }
        if let Some(value) = environment("SHOP_DRAIN") {
            options.drain = Some(seconds("SHOP_DRAIN", &value)?);
        }
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg}: a value is missing"));
            match arg.as_str() {
                "--traffic" => options.traffic = true,
                "--help" | "-h" => options.help = true,
                "--health" => options.health = true,
                "--listen" => options.listen = address(&arg, &value()?)?,
                "--management" => options.management = Some(address(&arg, &value()?)?),
                "--drain" => options.drain = Some(seconds(&arg, &value()?)?),
                "--deadline" => options.deadline = Some(seconds(&arg, &value()?)?),
                "--live" => options.live = Some(seconds(&arg, &value()?)?),
                "--seconds" => {
                    let value = value()?;
                    let seconds = value.parse().map_err(|_| {
                        format!("--seconds: `{value}` is no number of seconds, such as 5")
                    })?;
                    options.seconds = Some(seconds);
                }
                _ => {
                    return Err(format!(
                        "unknown argument `{arg}`; --help tells which there are"
                    ));
                }
            }
        }
        Ok(options)
    }

    /// Where the probes listen. A shop that finds a port for itself finds one for them.
    pub(crate) fn management(&self) -> SocketAddr {
        let port = if self.listen.port() == 0 { 0 } else { 9465 };
        self.management
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

fn address(name: &str, value: &str) -> Result<SocketAddr, String> {
    let refuse = |_| format!("{name}: `{value}` is no address, such as 127.0.0.1:3000");
    value.parse().map_err(refuse)
}

fn seconds(name: &str, value: &str) -> Result<Duration, String> {
    let seconds = value.parse().ok();
    seconds
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| format!("{name}: `{value}` is no number of seconds, such as 0.5"))
}

/// Says where the shop is, and what to try.
pub(crate) fn greet(
    out: &mut impl Write,
    shop: SocketAddr,
    stock: SocketAddr,
    management: SocketAddr,
) -> io::Result<()> {
    writeln!(out, "the shop     http://{shop}")?;
    writeln!(out, "its page     http://{shop}/metrics")?;
    writeln!(out, "its stock    http://{stock} (gRPC)")?;
    writeln!(out, "its probes   http://{management}/healthz")?;
    writeln!(out, "\nTry, and see what the page makes of it:")?;
    for path in TRY {
        writeln!(out, "  curl -iN 'http://{shop}{path}'")?;
    }
    writeln!(out, "Ctrl-C or SIGTERM ends it.\n")?;
    out.flush()
}
