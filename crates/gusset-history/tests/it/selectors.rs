//! Which series an answer is about.

use std::time::Duration;

use gusset_data::InstrumentKind;
use gusset_history::{History, Selector, Window};

use crate::support::{Readings, counter, number, secs, temperature};

fn requests() -> Readings {
    let readings = Readings::new();
    for reading in 0..=6 {
        let point = |route, status, per_reading: f64| {
            number(
                &[("route", route), ("status", status)],
                0,
                per_reading * reading as f64,
            )
        };
        let points = vec![
            point("/a", "200", 10.0),
            point("/a", "500", 1.0),
            point("/b", "200", 100.0),
            number(&[("status", "200")], 0, 1000.0 * reading as f64),
        ];
        readings.record(
            10 * reading,
            vec![counter("requests", points), temperature(1.0)],
        );
    }
    readings
}

fn increase(readings: &Readings, selector: &Selector) -> Option<f64> {
    let window = Window::new(readings.start + secs(60), secs(60));
    readings.history.select(selector, window)?.increase()
}

#[test]
fn labels_select_series() {
    let readings = requests();
    let all = || Selector::new("requests");
    for (selector, expected) in [
        (all(), Some(6666.0)),
        (all().label("route", "/a"), Some(66.0)),
        (all().label("route", "/a").label("status", "500"), Some(6.0)),
        (all().label_in("route", ["/a", "/b"]), Some(666.0)),
        (all().label_not("status", "200"), Some(6.0)),
        (all().label_not_in("route", ["/a", ""]), Some(600.0)),
        (all().label("route", ""), Some(6000.0)),
        (all().label("route", "/c"), None),
    ] {
        assert_eq!(increase(&readings, &selector), expected, "{selector:?}");
    }
}

#[test]
fn series_are_grouped_by_a_label() {
    let readings = requests();
    let selected = readings.select("requests", 60, 60).unwrap();
    let groups = selected.group_by("route");
    let increases: Vec<_> = groups
        .iter()
        .map(|(route, group)| (route.as_str(), group.increase().unwrap()))
        .collect();
    assert_eq!(increases, [("", 6000.0), ("/a", 66.0), ("/b", 600.0)]);
    assert_eq!(groups["/a"].series()[1].label("status"), "500");
}

#[test]
fn known_metrics_are_listed() {
    let readings = requests();
    let metrics = readings.history.metrics();
    let names: Vec<_> = metrics
        .iter()
        .map(|it| (it.name.as_str(), it.kind, it.series))
        .collect();
    let expected = [
        ("requests", InstrumentKind::Counter, 4),
        ("temperature", InstrumentKind::Gauge, 1),
    ];
    assert_eq!(names, expected);
}

#[test]
fn clones_share_the_readings() {
    let readings = requests();
    let clone = readings.history.clone();
    readings.record(70, vec![temperature(2.0)]);
    assert_eq!(clone.last_reading(), Some(readings.start + secs(70)));
    assert_eq!(clone.usage(), readings.history.usage());
}

#[test]
fn invalid_setting_is_named() {
    let build = |builder: gusset_history::HistoryBuilder| builder.build().map(drop).unwrap_err();
    let error = build(History::builder().memory_limit(100));
    assert_eq!(error.to_string(), "`memory_limit`: less than 16384 bytes");
    let error = build(History::builder().interval(Duration::ZERO));
    assert_eq!(error.to_string(), "`interval`: zero");
    let error = build(History::builder().retention(secs(19)));
    assert_eq!(error.to_string(), "`retention`: less than two intervals");
}
