//! The catalogue of telemetry, `docs/catalogue.md`: made from the table of names, and held against
//! a page on which everything has happened. `cargo xtask catalogue` writes it anew.

#![allow(clippy::unwrap_used, reason = "in the helpers of tests too")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use gusset::metrics::names::{self, Kind, Metric, Source, Unit};

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/catalogue.md")
}

#[test]
fn the_catalogue_is_made_from_the_table_of_names() {
    let made = catalogue();
    if std::env::var_os("GUSSET_WRITE_CATALOGUE").is_some() {
        std::fs::write(file(), &made).unwrap();
    }
    let written = std::fs::read_to_string(file()).unwrap_or_default();
    assert!(
        written == made,
        "docs/catalogue.md is not that of names.rs: `cargo xtask catalogue`"
    );
}

#[test]
fn the_page_shows_what_the_catalogue_says_and_nothing_else() {
    let page = support::page_on_which_everything_has_happened();
    let families = families(&page);
    for metric in names::ALL {
        let name = on_page(metric);
        let (kind, labels) = families
            .get(&name)
            .unwrap_or_else(|| panic!("no {name} in\n{page}"));
        assert_eq!(kind, &metric.kind.to_string(), "{name}");
        let known: BTreeSet<String> = metric
            .labels
            .iter()
            .chain(&[names::OVERFLOW])
            .map(|label| label.replace('.', "_"))
            .collect();
        assert!(labels.is_subset(&known), "{name}: {labels:?}");
        let missing: Vec<_> = known
            .difference(labels)
            .filter(|label| *label != "otel_metric_overflow")
            .collect();
        assert!(missing.is_empty(), "{name} was never seen with {missing:?}");
    }
    let known: BTreeSet<String> = names::ALL.iter().map(|metric| on_page(metric)).collect();
    let ours = families.keys().filter(|name| *name != "target_info");
    assert_eq!(
        ours.filter(|name| !known.contains(*name)).count(),
        0,
        "{page}"
    );
}

/// The families of a page: name, type, and the keys of all labels.
fn families(page: &str) -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut families = BTreeMap::new();
    let mut family = String::new();
    for line in page.lines().filter(|line| !line.is_empty()) {
        if let Some(line) = line.strip_prefix("# TYPE ") {
            let (name, kind) = line.split_once(' ').unwrap();
            family = name.to_owned();
            families.insert(family.clone(), (kind.to_owned(), BTreeSet::new()));
        } else if !line.starts_with('#') {
            let (_, labels): &mut (String, BTreeSet<String>) = families.get_mut(&family).unwrap();
            let inside = line
                .split_once('{')
                .and_then(|(_, rest)| rest.rsplit_once('}'));
            // No value of these tests has a comma or a quote in it.
            for label in inside.map_or("", |(labels, _)| labels).split(',') {
                match label.split_once('=') {
                    Some(("le", _)) | None => {}
                    Some((key, _)) => {
                        labels.insert(key.to_owned());
                    }
                }
            }
        }
    }
    families
}

/// The name on a Prometheus page, by OpenTelemetry's rules of translation.
fn on_page(metric: &Metric) -> String {
    let mut name = metric.name.replace('.', "_");
    match metric.unit {
        Unit::Seconds => name.push_str("_seconds"),
        Unit::Bytes => name.push_str("_bytes"),
        _ => {}
    }
    if metric.kind == Kind::Counter {
        name.push_str("_total");
    }
    name
}

/// Name, help, kind, unit and labels of a metric that another table has.
type Other = (
    &'static str,
    &'static str,
    String,
    &'static str,
    Vec<&'static str>,
);

fn catalogue() -> String {
    let mut text = String::from(
        "# Telemetry: the catalogue\n\n\
         Made from the tables `names.rs` of gusset-metrics, gusset-otlp, gusset-breaker, gusset-health and \
         gusset-log by `cargo xtask catalogue`; those of calls are tested against a live page.\nNames are API: a renamed metric is a breaking change.\n\n\
         Beside the labels given, every metric of calls but the number of active ones bears the labels \
         that the user adds.\nThe one series that takes the calls over the limit of series bears \
         `otel.metric.overflow=\"true\"` instead.\n",
    );
    for (heading, source) in [
        (
            "By OpenTelemetry's semantic conventions 1.44",
            Source::Conventions,
        ),
        ("Ours", Source::Gusset),
    ] {
        write!(text, "\n## {heading}\n").unwrap();
        for metric in names::ALL.iter().filter(|metric| metric.source == source) {
            let labels: Vec<_> = metric
                .labels
                .iter()
                .map(|label| format!("`{label}`"))
                .collect();
            let labels = if labels.is_empty() {
                "none".to_owned()
            } else {
                labels.join(", ")
            };
            write!(
                text,
                "\n### `{}`\n{}\n\n- {}, unit `{}`\n- labels: {labels}\n- on a Prometheus page: `{}`\n",
                metric.name,
                metric.help,
                metric.kind,
                metric.unit,
                on_page(metric),
            )
            .unwrap();
            if let Some(boundaries) = metric.boundaries {
                writeln!(text, "- boundaries: {boundaries:?}").unwrap();
            }
        }
    }
    let kind = |kind: &dyn std::fmt::Debug| format!("{kind:?}").to_lowercase();
    let road = gusset::otlp::names::ALL.iter().map(|metric| {
        let labels = metric.labels.to_vec();
        (
            metric.name,
            metric.help,
            metric.kind.as_str().to_owned(),
            metric.unit.as_ucum(),
            labels,
        )
    });
    others(
        &mut text,
        "Of the road to a collector, by the same conventions (in development there)",
        road,
    );
    let breakers = gusset::breaker::names::ALL.iter().map(|metric| {
        let labels = metric.labels.to_vec();
        (
            metric.name,
            metric.help,
            kind(&metric.kind),
            metric.unit.as_ucum(),
            labels,
        )
    });
    others(&mut text, "Of breakers, ours", breakers);
    let health = gusset::health::names::ALL.iter().map(|metric| {
        let labels = metric.labels.to_vec();
        (
            metric.name,
            metric.help,
            kind(&metric.kind),
            metric.unit,
            labels,
        )
    });
    others(&mut text, "Of health, ours", health);
    let log = gusset::log::names::ALL.iter().map(|metric| {
        let labels = metric.labels.to_vec();
        (
            metric.name,
            metric.help,
            "counter".to_owned(),
            metric.unit.as_ucum(),
            labels,
        )
    });
    others(&mut text, "Of logs, ours", log);
    text
}

/// A section of what is in another table.
fn others(text: &mut String, heading: &str, metrics: impl Iterator<Item = Other>) {
    write!(text, "\n## {heading}\n").unwrap();
    for (name, help, kind, unit, labels) in metrics {
        let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
        let labels = if labels.is_empty() {
            "none".to_owned()
        } else {
            labels.join(", ")
        };
        write!(
            text,
            "\n### `{name}`\n{help}\n\n- {kind}, unit `{unit}`\n- labels: {labels}\n"
        )
        .unwrap();
    }
}
