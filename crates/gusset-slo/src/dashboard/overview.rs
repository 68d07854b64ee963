//! The dashboard of all services and their instances.

use super::panel::{Panel, Section, rate};
use super::{Dashboard, Variable};
use crate::promql::Selector;
use crate::{ServiceLevels, prometheus_name};

const BY: &str = "job, instance";
const LEGEND: &str = "{{job}} {{instance}}";

pub(super) fn dashboard(levels: &ServiceLevels) -> Dashboard {
    let find = |name: &str| {
        let metric = levels.catalogue().find(name)?;
        Some(of_jobs(&prometheus_name(metric)))
    };
    let mut panels = vec![nodes()];
    if let Some(cpu) = find("process.cpu.time") {
        let panel = Panel::new("CPU", "short", "Cores that each instance uses.");
        panels.push(panel.query(format!("sum by ({BY}) ({})", rate(&cpu)), LEGEND));
    }
    if let Some(memory) = find("process.memory.usage") {
        let panel = Panel::new("Memory", "bytes", "Resident memory of each instance.");
        panels.push(panel.query(format!("sum by ({BY}) ({memory})"), LEGEND));
    }
    if let Some(duration) = find("http.server.request.duration") {
        let (sum, count) = (duration.renamed("_sum"), duration.renamed("_count"));
        let sum = format!("sum by ({BY}) ({})", rate(&sum));
        let count = format!("sum by ({BY}) ({})", rate(&count));
        let panel = Panel::new("Responses", "reqps", "Responses a second of each instance.");
        panels.push(panel.query(count.clone(), LEGEND));
        let about = "Mean time of a request, from its start to the end of the response.";
        let panel = Panel::new("Processing time", "s", about);
        panels.push(panel.query(format!("{sum} / {count}"), LEGEND));
        let buckets = rate(&duration.renamed("_bucket"));
        let panel = Panel::new("Slowest percent", "s", "The quantile 0.99 of each service.");
        let query = format!("histogram_quantile(0.99, sum by (le, job) ({buckets}))");
        panels.push(panel.query(query, "{{job}}"));
    }
    if let Some(bytes) = find("http.server.response.body.size") {
        let panel = Panel::new("Response volume", "Bps", "Bytes of responses a second.");
        let sum = rate(&bytes.renamed("_sum"));
        panels.push(panel.query(format!("sum by ({BY}) ({sum})"), LEGEND));
    }
    if let Some(outcomes) = find("gusset.http.server.outcomes") {
        let about = "The part of the requests that failed through the service, or were rejected.";
        let panel = Panel::new("Errors", "percentunit", about);
        let all = format!("sum by (job) ({})", rate(&outcomes));
        let failed = outcomes.any_of("gusset.outcome", &["server_error", "rejected"]);
        let failed = format!("sum by (job) ({})", rate(&failed));
        panels.push(panel.query(format!("({failed} or {all} * 0) / {all}"), "{{job}}"));
    }
    let variables = vec![Variable {
        name: "job",
        label: "Service",
        query: "label_values(target_info, job)".to_owned(),
    }];
    let sections = vec![Section {
        title: "Overview",
        panels,
    }];
    Dashboard::new(
        "gusset-overview",
        "Overview".to_owned(),
        variables,
        sections,
    )
}

fn nodes() -> Panel {
    let info = of_jobs("target_info");
    Panel::new("Nodes", "short", "Instances of each service.")
        .query(format!("count by (job) ({info})"), "{{job}}")
}

fn of_jobs(name: &str) -> Selector {
    Selector::new(name).variable("job", "$job")
}
