//! The telemetry of a service as a registry of OpenTelemetry Weaver.
//!
//! The format is version 1 of Weaver's "Semantic Convention Definition Language" (`semconv-syntax.md`). Every
//! attribute is defined in the registry, so that a check needs no other registry from the network.

use std::collections::BTreeSet;

use gusset_data::{InstrumentKind, MetricDescriptor, SpanKind, Value, semconv};
use serde::Serialize;

use crate::ServiceLevels;
use crate::catalogue::Signal;
use crate::rules::to_yaml;

const STABILITY: &str = "development";

#[derive(Serialize)]
struct Registry {
    groups: Vec<Group>,
}

#[derive(Default, Serialize)]
struct Group {
    id: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    metric_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_kind: Option<&'static str>,
    brief: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    instrument: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stability: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<Attribute>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Attribute {
    Definition {
        id: &'static str,
        #[serde(rename = "type")]
        kind: &'static str,
        brief: String,
        stability: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        examples: Option<[&'static str; 1]>,
    },
    Reference {
        #[serde(rename = "ref")]
        id: &'static str,
        requirement_level: &'static str,
    },
}

#[derive(Serialize)]
struct Manifest {
    schema_url: String,
    description: String,
}

impl ServiceLevels {
    /// Returns the metrics, spans and events of the service as a registry of OpenTelemetry
    /// [Weaver](https://github.com/open-telemetry/weaver), for `weaver registry check` and for
    /// `weaver registry live-check` of a running service.
    pub fn weaver_registry(&self) -> String {
        let metrics = self.catalogue().iter().map(metric);
        let signals = self.catalogue().signals().iter().map(signal);
        let groups = [self.attributes()].into_iter().chain(metrics);
        to_yaml(&Registry {
            groups: groups.chain(signals).collect(),
        })
    }

    /// Returns the manifest of the registry, the file `manifest.yaml` beside it.
    ///
    /// Its schema URL identifies the registry and is never fetched. So its host is one that cannot exist (RFC 2606).
    pub fn weaver_manifest(&self) -> String {
        let service = self.service();
        to_yaml(&Manifest {
            schema_url: format!("https://{service}.invalid/schemas/0.1.0"),
            description: format!("The telemetry of the service {service}."),
        })
    }

    fn attributes(&self) -> Group {
        let of_metrics = self.catalogue().iter().flat_map(|metric| metric.labels);
        let of_signals = self.catalogue().signals().iter();
        let of_signals = of_signals.flat_map(|signal| signal.attributes);
        let ids: BTreeSet<&'static str> = of_metrics.chain(of_signals).copied().collect();
        Group {
            id: format!("registry.{}", self.service()),
            kind: "attribute_group",
            brief: format!("The attributes of the telemetry of {}.", self.service()),
            attributes: ids.into_iter().map(Attribute::definition).collect(),
            ..Group::default()
        }
    }
}

fn metric(metric: &MetricDescriptor) -> Group {
    Group {
        id: format!("metric.{}", metric.name),
        kind: "metric",
        metric_name: Some(metric.name),
        brief: metric.help.to_owned(),
        instrument: Some(match metric.kind {
            InstrumentKind::Counter => "counter",
            InstrumentKind::UpDownCounter => "updowncounter",
            InstrumentKind::Histogram => "histogram",
            _ => "gauge",
        }),
        unit: Some(metric.unit.as_ucum()),
        stability: Some(STABILITY),
        attributes: metric.labels.iter().map(Attribute::reference).collect(),
        ..Group::default()
    }
}

fn signal(signal: &Signal) -> Group {
    let attributes = signal.attributes.iter().map(Attribute::reference).collect();
    let group = Group {
        brief: signal.help.to_owned(),
        stability: Some(STABILITY),
        attributes,
        ..Group::default()
    };
    match signal.span_kind {
        Some(kind) => Group {
            id: format!("span.{}", signal.name),
            kind: "span",
            span_kind: Some(match kind {
                SpanKind::Client => "client",
                SpanKind::Server => "server",
                SpanKind::Producer => "producer",
                SpanKind::Consumer => "consumer",
                _ => "internal",
            }),
            ..group
        },
        None => Group {
            id: format!("event.{}", signal.name),
            kind: "event",
            name: Some(signal.name),
            ..group
        },
    }
}

// === impl Attribute ===

impl Attribute {
    fn definition(id: &'static str) -> Self {
        // The conventions decide by the key whether a number is one.
        let kind = match semconv::label_value(id, &"1".into()) {
            Value::Int(_) => "int",
            _ => match semconv::label_value(id, &"true".into()) {
                Value::Bool(_) => "boolean",
                _ => "string",
            },
        };
        Self::Definition {
            id,
            kind,
            brief: format!("The attribute `{id}`."),
            stability: STABILITY,
            // Required for strings.
            examples: (kind == "string").then_some(["example"]),
        }
    }

    fn reference(id: &&'static str) -> Self {
        Self::Reference {
            id,
            requirement_level: "recommended",
        }
    }
}
