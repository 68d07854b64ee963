//! What may be said on the command line, and what the shop says first.

use std::io::{self, Write};
use std::net::SocketAddr;

pub(crate) const HELP: &str = "\
A shop that wears gusset.

  --listen ADDR   where the shop listens: 127.0.0.1:3000 unless set; port 0 finds one
  --traffic       drives traffic at itself, and holds the page against its own count at the end
  --seconds N     ends by itself after N seconds
  --help          says this
";

/// What a visitor may like to see.
const TRY: [&str; 8] = [
    "/catalogue",
    "/export",
    "/events",
    "/slow",
    "/fail",
    "/fail?late=true",
    "/nowhere",
    "/metrics",
];

#[derive(Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) listen: SocketAddr,
    pub(crate) traffic: bool,
    pub(crate) seconds: Option<u64>,
    pub(crate) help: bool,
}

impl Options {
    /// Reads the arguments, or names the one that cannot be used.
    pub(crate) fn parse(args: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            traffic: false,
            seconds: None,
            help: false,
        };
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or(format!("{arg}: a value is missing"));
            match arg.as_str() {
                "--traffic" => options.traffic = true,
                "--help" | "-h" => options.help = true,
                "--listen" => {
                    let value = value()?;
                    options.listen = value.parse().map_err(|_| {
                        format!("--listen: `{value}` is no address, such as 127.0.0.1:3000")
                    })?;
                }
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
}

/// Says where the shop is, and what to try.
pub(crate) fn greet(out: &mut impl Write, shop: SocketAddr, stock: SocketAddr) -> io::Result<()> {
    writeln!(out, "the shop     http://{shop}")?;
    writeln!(out, "its page     http://{shop}/metrics")?;
    writeln!(out, "its stock    http://{stock} (gRPC)")?;
    writeln!(out, "\nTry, and see what the page makes of it:")?;
    for path in TRY {
        writeln!(out, "  curl -iN 'http://{shop}{path}'")?;
    }
    writeln!(out, "Ctrl-C ends it.\n")
}
