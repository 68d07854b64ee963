//! Alerts on limits of the process, its container and its host.
//!
//! Only those that a service cannot work with. What uses a resource is a matter of a diagnosis.

use super::super::alert::Alert;
use super::super::series::{Case, Firing, InputSeries, growing};
use super::conditions::{increased, share};
use super::{MINUTE, Text, alert};
use crate::promql::{Selector, duration};
use crate::{AlertSeverity, ServiceLevels};

pub(super) fn alerts(levels: &ServiceLevels) -> Vec<Alert> {
    [
        descriptors(levels),
        memory(levels),
        kills(levels),
        throttling(levels),
        listen_queue(levels),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn descriptors(levels: &ServiceLevels) -> Option<Alert> {
    let name = ("DescriptorsNearlyUsedUp", AlertSeverity::Warning, 15);
    let text = Text {
        summary: "the file descriptors are nearly used up",
        description: "More than 70 % of the descriptors that the process may have are open; at the limit it accepts \
                      and opens no connections.",
        advice: "Are connections or files left open (`ls -l /proc/<pid>/fd`)? If the load explains them, raise the \
                 limit (`ulimit -n`, `LimitNOFILE`).",
        source: "node-mixin, NodeFileDescriptorLimit: 70 % for 15 minutes",
    };
    let metrics = ["process_open_fds", "process_max_fds"];
    share(levels, name, metrics, None, 0.7, &text)
}

fn memory(levels: &ServiceLevels) -> Option<Alert> {
    let name = ("MemoryNearLimit", AlertSeverity::Warning, 15);
    let text = Text {
        summary: "the memory of the container is nearly used up",
        description: "More than 90 % of the container's limit are in use, without what the kernel can free; at the \
                      limit it kills the process.",
        advice: "Does the memory grow since the start? Then compare heap profiles. Otherwise the load needs more \
                 instances or a higher limit.",
        source: "node-mixin, NodeMemoryHighUtilization: 90 % for 15 minutes",
    };
    let metrics = ["container.memory.working_set", "gusset.cgroup.memory.limit"];
    share(levels, name, metrics, None, 0.9, &text)
}

fn kills(levels: &ServiceLevels) -> Option<Alert> {
    let events = levels.series(levels.catalogue().find("gusset.cgroup.memory.events")?);
    let name = ("KilledForMemory", AlertSeverity::Critical, 0);
    let text = Text {
        summary: "the kernel killed a process of the container",
        description: "The container was at its limit of memory, and the kernel killed a process in it.",
        advice: "The incident report of the process has its last minutes. Raise the limit, and compare heap profiles.",
        source: "one kill is too many: its calls were lost",
    };
    let labels = [("gusset.memory.event", "oom_kill")];
    Some(increased(levels, name, &events, &labels, &text))
}

fn listen_queue(levels: &ServiceLevels) -> Option<Alert> {
    let overflows = levels.series(levels.catalogue().find("gusset.tcp.listen.overflows")?);
    let name = ("ListenQueueOverflow", AlertSeverity::Warning, 0);
    let text = Text {
        summary: "connections are dropped before they are accepted",
        description: "The queue of a listener was full, and the kernel dropped connections. The service has no record \
                      of them.",
        advice: "Does the accept loop wait for something? Otherwise a larger backlog (`net.core.somaxconn`) or more \
                 instances are needed.",
        source: "one dropped connection is too many: no other metric has it",
    };
    Some(increased(levels, name, &overflows, &[], &text))
}

/// Creates the alert on throttled CPU time.
///
/// A part of throttled periods alone is usual for short bursts, and no caller notices it. So the lag of the runtime
/// has to be there too.
fn throttling(levels: &ServiceLevels) -> Option<Alert> {
    let find = |name| Some(levels.series(levels.catalogue().find(name)?));
    let throttled = find("gusset.cgroup.cpu.throttled_periods")?;
    let periods = find("gusset.cgroup.cpu.periods")?;
    let buckets = find("gusset.tokio.lag")?.renamed("_bucket");
    let name = ("CpuThrottled", AlertSeverity::Warning, 15);
    let text = Text {
        summary: "the limit of CPU time slows the service",
        description: "More than 25 % of the periods were throttled, and tasks wait for more than 5 ms in the slowest \
                      percent.",
        advice: "Raise or remove the limit of CPU time, or use fewer worker threads than CPUs of the limit.",
        source: "kubernetes-mixin, CPUThrottlingHigh: 25 % for 15 minutes; with the lag, because alone it is often \
                 harmless (kubernetes-mixin#108)",
    };
    let window = duration(levels.window(MINUTE * 5));
    let rate = |series: &Selector| format!("sum by (instance) (rate({series}[{window}]))");
    let expr = format!(
        "{} / {} > 0.25\nand on (instance)\nhistogram_quantile(0.99, sum by (instance, le) (rate({buckets}[{window}]))) \
         > 0.005",
        rate(&throttled),
        rate(&periods),
    );
    let mut alert = alert(levels, name, expr, &text);
    let case = |name: &str, throttled_periods: f64, late: f64, fires| {
        let own = |series: &Selector| series.clone().equal("instance", "a");
        let input = |series: &Selector, step: f64| InputSeries::new(series, growing([(40, step)]));
        let bucket = |bound: &str| own(&buckets).equal("le", bound);
        // Ten periods and a hundred wake-ups a second.
        Case {
            name: name.to_owned(),
            step: MINUTE,
            interval: MINUTE,
            series: vec![
                input(&own(&throttled), throttled_periods * 60.0),
                input(&own(&periods), 600.0),
                input(&bucket("0.005"), (100.0 - late) * 60.0),
                input(&bucket("0.1"), 6000.0),
                input(&bucket("+Inf"), 6000.0),
            ],
            eval_time: MINUTE * 30,
            fires,
        }
    };
    let fires = Firing::value(0.3).label("instance", "a");
    alert.cases = vec![
        case("fires if both are there", 3.0, 2.0, Some(fires)),
        case("quiet if nothing waits", 3.0, 0.0, None),
        case("quiet if it is not throttled", 2.0, 2.0, None),
        case("quiet with low traffic", 0.0, 0.0, None),
    ];
    Some(alert)
}
