//! The dashboard of a service.

use gusset_data::MetricDescriptor;

use super::panel::{Panel, Section, rate};
use super::{Dashboard, Variable, of_instances};
use crate::ServiceLevels;
use crate::promql::Selector;

/// Prefixes of the metrics of the process and its runtime.
const RUNTIME: &[&str] = &[
    "process.",
    "gusset.runtime.",
    "gusset.process.",
    "gusset.tokio.",
];
/// Prefixes of the metrics of the machine and its container.
const HOST: &[&str] = &[
    "system.",
    "container.",
    "gusset.system.",
    "gusset.host.",
    "gusset.cgroup.",
    "gusset.container.",
    "gusset.network.",
];
/// Prefixes of the metrics of telemetry itself.
const TELEMETRY: &[&str] = &[
    "otel.sdk.",
    "gusset.log.",
    "gusset.metrics.",
    "gusset.admin.",
];

pub(super) fn dashboard(levels: &ServiceLevels) -> Dashboard {
    let service = levels.service();
    let panels = Panels { levels };
    let sections = vec![
        panels.http_server(),
        panels.rpc_server(),
        panels.messages(),
        panels.objectives(),
        panels.outcomes(),
        panels.saturation(),
        panels.breakers(),
        panels.health(),
        panels.dependencies(),
        panels.with_prefixes("Runtime", RUNTIME),
        panels.with_prefixes("Host", HOST),
        panels.with_prefixes("Telemetry", TELEMETRY),
    ];
    let variables = vec![Variable {
        name: "instance",
        label: "Instance",
        query: format!("label_values({}, instance)", levels.own("target_info")),
    }];
    Dashboard::new(
        &format!("{service}-service"),
        format!("{service}: service"),
        variables,
        sections,
    )
}

struct Panels<'a> {
    levels: &'a ServiceLevels,
}

/// The metrics of calls of one kind.
struct Calls {
    outcomes: &'static str,
    duration: &'static str,
    /// The label by which they are shown.
    by: &'static str,
}

const HTTP_SERVER: Calls = Calls {
    outcomes: "gusset.http.server.outcomes",
    duration: "http.server.request.duration",
    by: "http_route",
};
const RPC_SERVER: Calls = Calls {
    outcomes: "gusset.rpc.server.outcomes",
    duration: "rpc.server.call.duration",
    by: "rpc_method",
};
const MESSAGES: Calls = Calls {
    outcomes: "gusset.messaging.outcomes",
    duration: "messaging.process.duration",
    by: "messaging_destination_name",
};
const HTTP_CLIENT: Calls = Calls {
    outcomes: "gusset.http.client.outcomes",
    duration: "http.client.request.duration",
    by: "server_address, server_port",
};
const RPC_CLIENT: Calls = Calls {
    outcomes: "gusset.rpc.client.outcomes",
    duration: "rpc.client.call.duration",
    by: "server_address, server_port",
};

// === impl Panels ===

impl Panels<'_> {
    fn find(&self, name: &str) -> Option<(&MetricDescriptor, Selector)> {
        let metric = self.levels.catalogue().find(name)?;
        Some((metric, of_instances(self.levels.series(metric))))
    }

    /// Returns the panels of several metrics, by their kinds.
    fn of_metrics(&self, names: &[&str]) -> Vec<Panel> {
        let metrics = names.iter().filter_map(|name| self.find(name));
        metrics
            .map(|(metric, series)| Panel::of_metric(metric, &series))
            .collect()
    }

    fn with_prefixes(&self, title: &'static str, prefixes: &[&str]) -> Section {
        let metrics = self.levels.catalogue().iter();
        let metrics = metrics.filter(|metric| {
            let mut prefixes = prefixes.iter();
            prefixes.any(|prefix| metric.name.starts_with(prefix))
        });
        let names: Vec<_> = metrics.map(|metric| metric.name).collect();
        Section {
            title,
            panels: self.of_metrics(&names),
        }
    }

    /// Returns traffic, errors and durations.
    fn golden_signals(&self, calls: &Calls) -> Vec<Panel> {
        let Calls {
            outcomes,
            duration,
            by,
        } = calls;
        let labels = by.split(", ").map(|label| format!("{{{{{label}}}}}"));
        let legend = labels.collect::<Vec<_>>().join(":");
        let mut panels = Vec::new();
        if let Some((_, outcomes)) = self.find(outcomes) {
            let all = format!("sum by ({by}) ({})", rate(&outcomes));
            let failed = outcomes.any_of("gusset.outcome", &["server_error", "rejected"]);
            let failed = format!("sum by ({by}) ({})", rate(&failed));
            let traffic = Panel::new("Traffic", "reqps", "Completed calls a second.");
            panels.push(traffic.query(all.clone(), &legend));
            let errors = "The part of the calls that failed through the service, or were rejected.";
            let errors = Panel::new("Errors", "percentunit", errors);
            // Calls without a failure have no series of failures.
            let ratio = format!("({failed} or {all} * 0) / {all}");
            panels.push(errors.query(ratio, &legend));
        }
        if let Some((_, duration)) = self.find(duration) {
            let panel = Panel::new("Duration", "s", "Quantiles of the durations of calls.");
            panels.push(panel.quantiles(&duration, by, &legend));
        }
        panels
    }

    fn http_server(&self) -> Section {
        let mut panels = self.golden_signals(&HTTP_SERVER);
        panels.extend(self.of_metrics(&["http.server.active_requests"]));
        Section {
            title: "HTTP requests, by route",
            panels,
        }
    }

    fn rpc_server(&self) -> Section {
        Section {
            title: "gRPC calls, by method",
            panels: self.golden_signals(&RPC_SERVER),
        }
    }

    fn messages(&self) -> Section {
        Section {
            title: "Messages, by destination",
            panels: self.golden_signals(&MESSAGES),
        }
    }

    fn objectives(&self) -> Section {
        let recorded = |name: &str| Selector::new(name).equal("service", self.levels.service());
        let mut panels = Vec::new();
        if !self.levels.objectives().is_empty() {
            let about = "What remains of the error budget of the window; 0 is used up.";
            let panel = Panel::new("Error budget", "percentunit", about);
            let remaining = recorded("slo:period_error_budget_remaining:ratio");
            panels.push(panel.query(remaining.to_string(), "{{objective}}"));
        }
        if !self.levels.ranges().is_empty() {
            let about = "Values of the normal ranges.";
            let panel = Panel::new("Normal ranges", "short", about);
            let value = recorded("slo:range:value").to_string();
            panels.push(panel.query(value, "{{range}} {{instance}}"));
            let about = "1 while a value is outside of its normal range.";
            let panel = Panel::new("Out of range", "short", about);
            let outside = recorded("slo:range:outside").to_string();
            panels.push(panel.query(outside, "{{range}} {{instance}}"));
        }
        let states = self.of_metrics(&["gusset.slo.objective.state", "gusset.slo.range.state"]);
        panels.extend(states);
        Section {
            title: "Objectives and ranges",
            panels,
        }
    }

    fn outcomes(&self) -> Section {
        let kinds = [
            ("HTTP requests", HTTP_SERVER.outcomes),
            ("gRPC calls", RPC_SERVER.outcomes),
            ("Messages", MESSAGES.outcomes),
        ];
        let panels = kinds.into_iter().filter_map(|(title, name)| {
            let (_, outcomes) = self.find(name)?;
            let panel = Panel::new(title, "reqps", "Completed calls a second, by outcome.");
            let query = format!("sum by (gusset_outcome) ({})", rate(&outcomes));
            Some(panel.query(query, "{{gusset_outcome}}"))
        });
        Section {
            title: "Outcomes",
            panels: panels.collect(),
        }
    }

    fn saturation(&self) -> Section {
        Section {
            title: "Saturation",
            panels: self.of_metrics(&[
                "gusset.rpc.server.active_calls",
                "gusset.messaging.active_messages",
                "http.client.active_requests",
                "gusset.bulkhead.in_flight",
                "gusset.bulkhead.limit",
                "gusset.bulkhead.rejected_calls",
            ]),
        }
    }

    fn breakers(&self) -> Section {
        Section {
            title: "Breakers",
            panels: self.of_metrics(&[
                "gusset.breaker.state",
                "gusset.breaker.calls",
                "gusset.breaker.rejected_calls",
                "gusset.breaker.transitions",
                "gusset.throttle.reject_probability",
            ]),
        }
    }

    fn health(&self) -> Section {
        Section {
            title: "Health",
            panels: self.of_metrics(&[
                "gusset.health.ready",
                "gusset.health.live",
                "gusset.health.healthy",
                "gusset.health.check.status",
                "gusset.health.check.duration",
                "gusset.health.heartbeat.age",
            ]),
        }
    }

    fn dependencies(&self) -> Section {
        let mut panels = self.golden_signals(&HTTP_CLIENT);
        panels.extend(self.golden_signals(&RPC_CLIENT));
        Section {
            title: "Dependencies",
            panels,
        }
    }
}
