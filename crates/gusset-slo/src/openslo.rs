//! The objectives in OpenSLO's format.

use serde::Serialize;

use crate::definition::{Indicator, Objective};
use crate::promql::duration;
use crate::rules::to_yaml;
use crate::{ServiceLevels, sli};

const API_VERSION: &str = "openslo/v1";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<S> {
    api_version: &'static str,
    kind: &'static str,
    metadata: Metadata,
    spec: S,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
}

#[derive(Serialize)]
struct ServiceSpec {
    description: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SloSpec {
    description: String,
    service: String,
    indicator: InlineIndicator,
    time_window: [TimeWindow; 1],
    budgeting_method: &'static str,
    objectives: [Target; 1],
}

#[derive(Serialize)]
struct InlineIndicator {
    metadata: Metadata,
    spec: IndicatorSpec,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct IndicatorSpec {
    ratio_metric: Ratio,
}

#[derive(Serialize)]
struct Ratio {
    counter: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    good: Option<Metric>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bad: Option<Metric>,
    total: Metric,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Metric {
    metric_source: Source,
}

#[derive(Serialize)]
struct Source {
    #[serde(rename = "type")]
    kind: &'static str,
    spec: Query,
}

#[derive(Serialize)]
struct Query {
    query: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimeWindow {
    duration: String,
    is_rolling: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target {
    display_name: String,
    target: f64,
}

impl ServiceLevels {
    /// Returns the objectives in [OpenSLO](https://openslo.com)'s format, version 1: a service, and an `SLO` for
    /// each objective, as documents of one YAML file.
    pub fn openslo(&self) -> String {
        let service = to_yaml(&Document {
            api_version: API_VERSION,
            kind: "Service",
            metadata: Metadata {
                name: self.service().to_owned(),
                display_name: None,
            },
            spec: ServiceSpec {
                description: format!("The service {}.", self.service()),
            },
        });
        let objectives = self.objectives().iter();
        let objectives = objectives.map(|objective| to_yaml(&slo(self, objective)));
        let documents: Vec<_> = [service].into_iter().chain(objectives).collect();
        documents.join("---\n")
    }
}

fn slo(levels: &ServiceLevels, objective: &Objective) -> Document<SloSpec> {
    let series = sli::Series::new(levels, objective);
    let metric = |query| Metric {
        metric_source: Source {
            kind: "Prometheus",
            spec: Query {
                query: format!("sum({query})"),
            },
        },
    };
    let part = metric(&series.part);
    let (good, bad) = match objective.indicator() {
        Indicator::Availability => (None, Some(part)),
        Indicator::Latency(_) => (Some(part), None),
    };
    Document {
        api_version: API_VERSION,
        kind: "SLO",
        metadata: Metadata {
            name: objective.name().to_owned(),
            display_name: Some(objective.name().to_owned()),
        },
        spec: SloSpec {
            description: objective.sentence(),
            service: levels.service().to_owned(),
            indicator: InlineIndicator {
                metadata: Metadata {
                    name: objective.name().to_owned(),
                    display_name: None,
                },
                spec: IndicatorSpec {
                    ratio_metric: Ratio {
                        counter: true,
                        good,
                        bad,
                        total: metric(&series.total),
                    },
                },
            },
            time_window: [TimeWindow {
                duration: duration(objective.window()),
                is_rolling: true,
            }],
            budgeting_method: "Occurrences",
            objectives: [Target {
                display_name: objective.subject().to_string(),
                target: objective.target_ratio(),
            }],
        },
    }
}
