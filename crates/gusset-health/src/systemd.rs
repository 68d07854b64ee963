//! What systemd is told: readiness, words, the watchdog.

use std::io;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::core::Core;
use crate::running::race;
use crate::{ConfigError, Phase};

/// How often systemd is asked for more time while the service drains, and for how much.
const EXTEND: Duration = Duration::from_secs(5);

/// Where systemd listens, and how often it wants to hear.
#[derive(Debug)]
pub(crate) struct Systemd {
    socket: UnixDatagram,
    address: SocketAddr,
    watchdog: Option<Duration>,
}

// === impl Systemd ===

impl Systemd {
    /// From `NOTIFY_SOCKET` and `WATCHDOG_USEC`; none where the first is not set.
    pub(crate) fn from_env(
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, ConfigError> {
        let lookup = |name| lookup(name).filter(|value| !value.is_empty());
        let Some(path) = lookup("NOTIFY_SOCKET") else {
            return Ok(None);
        };
        let refuse = |error: io::Error| ConfigError::new("NOTIFY_SOCKET", error);
        let address = address(&path).map_err(refuse)?;
        let socket = UnixDatagram::unbound().map_err(refuse)?;
        socket.set_nonblocking(true).map_err(refuse)?;
        let watchdog = match lookup("WATCHDOG_USEC") {
            None => None,
            Some(text) => match text.parse() {
                Ok(micros @ 1..) => Some(Duration::from_micros(micros)),
                _ => {
                    let why = "it is no number of microseconds";
                    return Err(ConfigError::new("WATCHDOG_USEC", why));
                }
            },
        };
        Ok(Some(Self {
            socket,
            address,
            watchdog,
        }))
    }

    /// Tells systemd of the life cycle for ever. The watchdog hears nothing while the service is not
    /// live: then systemd restarts it.
    pub(crate) async fn run(core: Arc<Core>) {
        let Some(this) = &core.systemd else {
            return;
        };
        let mut told = None;
        loop {
            let state = core.life.state();
            let phase = state.phase;
            if told != Some(phase) {
                if phase >= Phase::Ready && told.is_none_or(|told| told < Phase::Ready) {
                    this.tell("READY=1");
                }
                if phase >= Phase::Draining && told.is_none_or(|told| told < Phase::Draining) {
                    this.tell("STOPPING=1");
                }
                told = Some(phase);
            }
            let doing = core.life.doing_now();
            let doing = doing.as_deref().unwrap_or(phase.as_str());
            // One line is one variable.
            this.tell(&format!("STATUS={}", doing.replace('\n', " ")));
            if (Phase::Draining..Phase::Stopped).contains(&phase) {
                this.tell(&format!("EXTEND_TIMEOUT_USEC={}", (2 * EXTEND).as_micros()));
            }
            if this.watchdog.is_some() && core.is_live() {
                this.tell("WATCHDOG=1");
            }
            let half = this.watchdog.map_or(EXTEND, |watchdog| watchdog / 2);
            let moved = core.life.until(|now| *now != state);
            race(sleep(half.min(EXTEND)), moved).await;
        }
    }

    /// Says it, or does not: a full socket must not hold up the service.
    fn tell(&self, what: &str) {
        if let Err(error) = self.socket.send_to_addr(what.as_bytes(), &self.address) {
            tracing::debug!(%error, "systemd was not told");
        }
    }
}

/// A path, or `@` and a name of Linux's own.
fn address(path: &str) -> io::Result<SocketAddr> {
    match path.strip_prefix('@') {
        None => SocketAddr::from_pathname(path),
        #[cfg(target_os = "linux")]
        Some(name) => {
            use std::os::linux::net::SocketAddrExt as _;
            SocketAddr::from_abstract_name(name)
        }
        #[cfg(not(target_os = "linux"))]
        Some(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}
