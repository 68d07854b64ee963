//! Plays Kubernetes with the shop: probes it, sends traffic once it is ready, deletes its pod, and
//! prints the time line.
//!
//! ```text
//! cargo run --example kubelet                        with a drain delay of 3 s: nothing is lost
//! cargo run --example kubelet -- --drain 0           why there is one
//! ```
//!
//! The probes are as `examples/deploy/shop.yaml` has them, but faster: `--period` is their period.
//! Traffic stops some time after the deletion (`--spread`), as in a cluster: who sends it hears of the
//! end later than the pod does.

mod pod;

use std::cell::Cell;
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, interval, sleep, timeout};

use self::pod::{Pod, Traffic, get};

type Failure = Box<dyn Error + Send + Sync>;

/// What a manifest says, and how long to play.
struct Play {
    period: Duration,
    failures: u32,
    grace: Duration,
    spread: Duration,
    stay: Duration,
    drain: String,
}

/// Prints what happens, and when.
struct TimeLine(Instant);

#[tokio::main]
async fn main() -> ExitCode {
    let play = match Play::parse(std::env::args().skip(1)) {
        Ok(play) => play,
        Err(fault) => {
            eprintln!("kubelet: {fault}");
            return ExitCode::from(2);
        }
    };
    match play.run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kubelet: {error}");
            ExitCode::FAILURE
        }
    }
}

// === impl Play ===

impl Play {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut play = Self {
            period: Duration::from_millis(500),
            failures: 3,
            grace: Duration::from_secs(30),
            spread: Duration::from_millis(1500),
            stay: Duration::from_secs(2),
            drain: "3".to_owned(),
        };
        while let Some(arg) = args.next() {
            let value = args.next().ok_or(format!("{arg}: a value is missing"))?;
            let seconds = value.parse().ok();
            let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let seconds = seconds.ok_or(format!("{arg}: `{value}` is no number of seconds"))?;
            match arg.as_str() {
                "--period" => play.period = seconds.max(Duration::from_millis(10)),
                "--grace" => play.grace = seconds,
                "--spread" => play.spread = seconds,
                "--stay" => play.stay = seconds,
                "--drain" => play.drain = value,
                _ => {
                    return Err(format!(
                        "unknown argument `{arg}`: --period, --grace, --spread, --stay or --drain, and seconds"
                    ));
                }
            }
        }
        Ok(play)
    }

    /// From the start of the container to its end; whether it ended well and nothing was lost.
    async fn run(&self) -> Result<bool, Failure> {
        let line = TimeLine(Instant::now());
        let mut pod = Pod::start(&self.drain)?;
        line.tell("the container is started");
        pod.find().await?;
        let traffic = self.until_ready(&line, &pod).await?;
        let alive = self.watch(&line, &pod).await;
        if !alive {
            line.tell("it is not live, and would be restarted");
        }

        line.tell("the pod is deleted: SIGTERM");
        pod.terminate()?;
        let told = async {
            sleep(self.spread).await;
            line.tell("the last sender knows: no traffic any more");
            traffic.stop().await
        };
        let (code, (sent, lost)) = tokio::join!(self.until_ended(&line, &mut pod), told);
        let code = code?;
        line.tell(&format!("{sent} requests sent, {lost} lost"));
        Ok(alive && code == Some(0) && lost == 0)
    }

    /// The startup probe, and after it the readiness probe.
    async fn until_ready(&self, line: &TimeLine, pod: &Pod) -> Result<Traffic, Failure> {
        let mut period = interval(self.period);
        for (probe, path) in [("startup", "/startupz"), ("readiness", "/readyz")] {
            let mut failed = 0;
            loop {
                period.tick().await;
                if get(pod.management, path).await == Some(200) {
                    break;
                }
                failed += 1;
                if failed > 120 {
                    return Err(format!("the {probe} probe fails for ever").into());
                }
            }
            line.tell(&format!(
                "the {probe} probe passes, after {failed} failures"
            ));
        }
        line.tell("traffic is sent");
        Ok(Traffic::send(pod.address))
    }

    /// The liveness probe, for as long as the pod stays; whether it is live then.
    async fn watch(&self, line: &TimeLine, pod: &Pod) -> bool {
        let mut failed = 0;
        let watching = async {
            let mut period = interval(self.period);
            while failed < self.failures {
                period.tick().await;
                match get(pod.management, "/livez").await {
                    Some(200) => failed = 0,
                    _ => failed += 1,
                }
            }
        };
        let dead = timeout(self.stay, watching).await.is_ok();
        if !dead {
            line.tell("the liveness probe has passed all the while");
        }
        !dead
    }

    /// What is seen of the end, within the grace; the exit code, if it ended by itself.
    async fn until_ended(&self, line: &TimeLine, pod: &mut Pod) -> Result<Option<i32>, Failure> {
        let (address, management) = (pod.address, pod.management);
        let (ready, open) = (Cell::new(true), Cell::new(true));
        let look = async {
            let mut look = interval(Duration::from_millis(20));
            while ready.get() || open.get() {
                look.tick().await;
                if ready.get() && get(management, "/readyz").await != Some(200) {
                    line.tell("it is not ready");
                    ready.set(false);
                }
                if open.get() && !ready.get() && TcpStream::connect(address).await.is_err() {
                    line.tell("its listener is closed");
                    open.set(false);
                }
            }
            std::future::pending::<()>().await;
        };
        let ended = async {
            let code = tokio::select! {
                ended = pod.ended() => ended,
                () = look => unreachable!("it looks for ever"),
            };
            // It may have been quicker than a look.
            for (still, what) in [
                (&ready, "it is not ready"),
                (&open, "its listener is closed"),
            ] {
                if still.get() {
                    line.tell(what);
                }
            }
            code
        };
        match timeout(self.grace, ended).await {
            Ok(code) => {
                let code = code?;
                line.tell(&format!("it ended by itself, with exit code {code:?}"));
                Ok(code)
            }
            Err(_) => {
                line.tell("the grace is over: SIGKILL");
                pod.kill().await?;
                Ok(None)
            }
        }
    }
}

// === impl TimeLine ===

impl TimeLine {
    fn tell(&self, what: &str) {
        let seconds = self.0.elapsed().as_secs_f64();
        // Not `println!`, which panics when the reader has gone.
        let _ = writeln!(std::io::stdout(), "{seconds:>7.2} s  {what}");
    }
}
