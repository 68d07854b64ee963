//! The families of a page, and their names in Prometheus.

use std::collections::{BTreeMap, BTreeSet};

use gusset::metrics::names::{InstrumentKind, MetricDescriptor, Unit};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Format {
    Text,
    OpenMetrics,
}

/// A family of a page: what its comments say, and the keys of all its labels.
#[derive(Debug, Default)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) unit: String,
    pub(crate) help: String,
    pub(crate) labels: BTreeSet<String>,
}

/// Parses the families of a page.
pub(crate) fn families(page: &str) -> BTreeMap<String, Family> {
    let mut families = BTreeMap::<String, Family>::new();
    let mut current = String::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        let comment = line.strip_prefix("# ").and_then(|line| {
            let (keyword, rest) = line.split_once(' ')?;
            let (name, text) = rest.split_once(' ')?;
            Some((keyword, name, text))
        });
        if let Some((keyword, name, text)) = comment {
            name.clone_into(&mut current);
            let family = families.entry(current.clone()).or_default();
            match keyword {
                "TYPE" => text.clone_into(&mut family.kind),
                "UNIT" => text.clone_into(&mut family.unit),
                "HELP" => text.clone_into(&mut family.help),
                other => panic!("{other}"),
            }
        } else if line != "# EOF" {
            let family = families.get_mut(&current).unwrap();
            // Without the exemplar, which has labels of its own.
            let sample = line.split(" # ").next().unwrap();
            let inside = sample
                .split_once('{')
                .and_then(|(_, rest)| rest.rsplit_once('}'));
            // No label value of these tests has a comma or a quote.
            for label in inside.map_or("", |(labels, _)| labels).split(',') {
                match label.split_once('=') {
                    Some(("le", _)) | None => {}
                    Some((key, _)) => {
                        family.labels.insert(key.to_owned());
                    }
                }
            }
        }
    }
    families
}

/// Returns the name of the family: OpenMetrics names counters without `_total`.
pub(crate) fn family_name(metric: &MetricDescriptor, format: Format) -> String {
    let name = prometheus_name(metric);
    match format {
        Format::Text => name,
        Format::OpenMetrics => name.trim_end_matches("_total").to_owned(),
    }
}

/// Returns the type in Prometheus, which has one for values that go up and down.
pub(crate) fn prometheus_type(kind: InstrumentKind) -> &'static str {
    match kind {
        InstrumentKind::UpDownCounter => "gauge",
        other => other.as_str(),
    }
}

/// Returns the name in Prometheus, by OpenTelemetry's rules. Classic names have the suffixes already.
pub(crate) fn prometheus_name(metric: &MetricDescriptor) -> String {
    let is_counter = metric.kind == InstrumentKind::Counter;
    let mut name = metric.name.replace('.', "_");
    if is_counter {
        name = name.trim_end_matches("_total").to_owned();
    }
    let unit = match metric.unit {
        Unit::Seconds => "_seconds",
        Unit::Bytes => "_bytes",
        Unit::One if metric.kind == InstrumentKind::Gauge => "_ratio",
        _ => "",
    };
    if !name.ends_with(unit) {
        name.push_str(unit);
    }
    if is_counter {
        name.push_str("_total");
    }
    name
}
