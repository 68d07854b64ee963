//! Treats the shop as Kubernetes treats a pod: probes it, sends traffic once it is ready, deletes it, and
//! prints the timeline.
//!
//! ```text
//! cargo run --example kubelet                        with a drain delay of 3 s: no request is lost
//! cargo run --example kubelet -- --drain 0           shows why there is a drain delay
//! ```
//!
//! The probes are those of `examples/deploy/shop.yaml` with a shorter period (`--period`). As in a
//! cluster, traffic stops some time after the deletion (`--spread`), because load balancers learn of it
//! later than the pod.

mod pod;

use std::cell::Cell;
use std::error::Error;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, interval, sleep, timeout};

use self::pod::{Pod, Traffic, get};

type BoxError = Box<dyn Error + Send + Sync>;

const MIN_PERIOD: Duration = Duration::from_millis(10);
const MAX_STARTUP_FAILURES: u32 = 120;
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The settings of a manifest, and the durations of the scenario.
struct Scenario {
    /// `periodSeconds` of the probes.
    period: Duration,
    /// `failureThreshold` of the liveness probe.
    failure_threshold: u32,
    /// `terminationGracePeriodSeconds`.
    grace: Duration,
    /// From the deletion of the pod to the last request.
    spread: Duration,
    /// From readiness to the deletion of the pod.
    stay: Duration,
    /// The drain delay of the shop.
    drain: String,
}

/// Prints events with their time.
struct Timeline {
    start: Instant,
}

#[tokio::main]
async fn main() -> ExitCode {
    let scenario = match Scenario::parse(std::env::args().skip(1)) {
        Ok(scenario) => scenario,
        Err(error) => {
            eprintln!("kubelet: {error}");
            return ExitCode::from(2);
        }
    };
    match scenario.run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kubelet: {error}");
            ExitCode::FAILURE
        }
    }
}

// === impl Scenario ===

impl Scenario {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut scenario = Self {
            period: Duration::from_millis(500),
            failure_threshold: 3,
            grace: Duration::from_secs(30),
            spread: Duration::from_millis(1500),
            stay: Duration::from_secs(2),
            drain: "3".to_owned(),
        };
        while let Some(arg) = args.next() {
            let value = args.next().ok_or(format!("{arg}: a value is missing"))?;
            let seconds = value.parse().ok();
            let seconds = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let seconds = seconds.ok_or(format!("{arg}: `{value}` is not a number of seconds"))?;
            match arg.as_str() {
                "--period" => scenario.period = seconds.max(MIN_PERIOD),
                "--grace" => scenario.grace = seconds,
                "--spread" => scenario.spread = seconds,
                "--stay" => scenario.stay = seconds,
                "--drain" => scenario.drain = value,
                _ => {
                    return Err(format!(
                        "unknown argument `{arg}`; expected --period, --grace, --spread, --stay or \
                         --drain, each with a number of seconds"
                    ));
                }
            }
        }
        Ok(scenario)
    }

    /// Runs the pod from its start to its exit. Returns whether it exited cleanly and no request was
    /// lost.
    async fn run(&self) -> Result<bool, BoxError> {
        let timeline = Timeline {
            start: Instant::now(),
        };
        let mut pod = Pod::start(&self.drain)?;
        timeline.log("container started");
        pod.read_addresses().await?;
        let traffic = self.wait_until_ready(&timeline, &pod).await?;
        let is_live = self.watch_liveness(&timeline, &pod).await;
        if !is_live {
            timeline.log("liveness probe failed; Kubernetes would restart the container");
        }

        timeline.log("pod deleted: SIGTERM sent");
        pod.terminate()?;
        let stop_traffic = async {
            sleep(self.spread).await;
            timeline.log("traffic stopped: load balancers have removed the pod");
            traffic.stop().await
        };
        let (code, (sent, lost)) =
            tokio::join!(self.wait_until_exit(&timeline, &mut pod), stop_traffic);
        let code = code?;
        timeline.log(&format!("{sent} requests sent, {lost} lost"));
        Ok(is_live && code == Some(0) && lost == 0)
    }

    /// Runs the startup probe and then the readiness probe until they pass, and starts the traffic.
    async fn wait_until_ready(&self, timeline: &Timeline, pod: &Pod) -> Result<Traffic, BoxError> {
        let mut period = interval(self.period);
        for (probe, path) in [("startup", "/startupz"), ("readiness", "/readyz")] {
            let mut failures = 0;
            loop {
                period.tick().await;
                if get(pod.management, path).await == Some(200) {
                    break;
                }
                failures += 1;
                if failures > MAX_STARTUP_FAILURES {
                    return Err(format!("the {probe} probe failed {failures} times").into());
                }
            }
            timeline.log(&format!("{probe} probe passed after {failures} failures"));
        }
        timeline.log("traffic started");
        Ok(Traffic::start(pod.address))
    }

    /// Runs the liveness probe while the pod stays. Returns whether the pod is live.
    async fn watch_liveness(&self, timeline: &Timeline, pod: &Pod) -> bool {
        let mut failures = 0;
        let watch = async {
            let mut period = interval(self.period);
            while failures < self.failure_threshold {
                period.tick().await;
                match get(pod.management, "/livez").await {
                    Some(200) => failures = 0,
                    _ => failures += 1,
                }
            }
        };
        let is_live = timeout(self.stay, watch).await.is_err();
        if is_live {
            timeline.log("liveness probe passed throughout");
        }
        is_live
    }

    /// Logs the shutdown, and kills the pod after the grace period. Returns the exit code if the pod
    /// exited before that.
    async fn wait_until_exit(
        &self,
        timeline: &Timeline,
        pod: &mut Pod,
    ) -> Result<Option<i32>, BoxError> {
        const NOT_READY: &str = "readiness probe failed";
        const CLOSED: &str = "listener closed";

        let (address, management) = (pod.address, pod.management);
        let (is_ready, is_open) = (Cell::new(true), Cell::new(true));
        let poll = async {
            let mut interval = interval(POLL_INTERVAL);
            while is_ready.get() || is_open.get() {
                interval.tick().await;
                if is_ready.get() && get(management, "/readyz").await != Some(200) {
                    timeline.log(NOT_READY);
                    is_ready.set(false);
                }
                let probe_listener = is_open.get() && !is_ready.get();
                if probe_listener && TcpStream::connect(address).await.is_err() {
                    timeline.log(CLOSED);
                    is_open.set(false);
                }
            }
            std::future::pending::<()>().await;
        };
        let exit = async {
            let code = tokio::select! {
                code = pod.exit_code() => code,
                () = poll => unreachable!("the future never completes"),
            };
            // The pod may exit between two polls.
            for (state, event) in [(&is_ready, NOT_READY), (&is_open, CLOSED)] {
                if state.get() {
                    timeline.log(event);
                }
            }
            code
        };
        match timeout(self.grace, exit).await {
            Ok(code) => {
                let code = code?;
                match code {
                    Some(code) => timeline.log(&format!("process exited with code {code}")),
                    None => timeline.log("process was ended by a signal"),
                }
                Ok(code)
            }
            Err(_) => {
                timeline.log("grace period over: SIGKILL sent");
                pod.kill().await?;
                Ok(None)
            }
        }
    }
}

// === impl Timeline ===

impl Timeline {
    fn log(&self, event: &str) {
        let seconds = self.start.elapsed().as_secs_f64();
        // `println!` would panic if standard output is closed.
        let _ = writeln!(std::io::stdout(), "{seconds:>7.2} s  {event}");
    }
}
