//! The history agrees with the model, whatever the readings are.

use gusset_history::{History, Selection, Selector, Window};
use proptest::prelude::*;

use crate::model::{Column, Model};
use crate::support::{Readings, histogram, number, secs};

const BOUNDS: [f64; 3] = [1.0, 2.0, 4.0];
const MAX_GAP: u64 = 20;

/// What happens to a series between two readings.
#[derive(Clone, Copy, Debug)]
enum Event {
    Nothing,
    Adds(u32),
    AddsPart(f64),
    Restarts,
    ResetsToZero,
    IsAbsent,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Nothing),
        4 => (0_u32..100_000).prop_map(Event::Adds),
        2 => (0.0..10.0).prop_map(Event::AddsPart),
        1 => Just(Event::Restarts),
        1 => Just(Event::ResetsToZero),
        2 => Just(Event::IsAbsent),
    ]
}

fn readings() -> impl Strategy<Value = Vec<(u64, [Event; 3])>> {
    // A reading is late now and then.
    let seconds = prop_oneof![8 => Just(10_u64), 1 => 1_u64..20, 1 => 21_u64..100];
    prop::collection::vec((seconds, [event(), event(), event()]), 1..120)
}

/// Records the readings in the history and in the model. Two series are counters, and one is a histogram.
fn replay(readings: &Readings, events: &[(u64, [Event; 3])]) -> Model {
    let mut model = Model {
        counters: vec![Column::new(), Column::new()],
        histograms: vec![Column::new()],
        ..Model::default()
    };
    let mut counters: [(u64, f64); 2] = [(0, 7.0), (0, 0.5)];
    let mut buckets = (0, (vec![0_u64, 5, 0, 0], 7.5));
    let mut second = 0;
    for (after, [first, second_event, of_histogram]) in events {
        second += after;
        let mut points = Vec::new();
        for (at, event) in [*first, *second_event].into_iter().enumerate() {
            let (start, value) = &mut counters[at];
            match event {
                Event::Nothing | Event::IsAbsent => {}
                Event::Adds(more) => *value = value.round() + f64::from(more),
                Event::AddsPart(more) => *value += more,
                Event::Restarts => (*start, *value) = (second, 3.0),
                Event::ResetsToZero => *value = 0.0,
            }
            let is_there = !matches!(event, Event::IsAbsent);
            model.counters[at].push(is_there.then_some((*start, *value)));
            if is_there {
                let name = if at == 0 { "a" } else { "b" };
                points.push(number(&[("name", name)], *start, *value));
            }
        }
        let (start, (counts, sum)) = &mut buckets;
        match *of_histogram {
            Event::Nothing | Event::IsAbsent => {}
            Event::Adds(more) => counts[more as usize % 4] += u64::from(more),
            Event::AddsPart(more) => {
                counts[more as usize % 4] += 1;
                *sum += more;
            }
            Event::Restarts => (*start, *counts, *sum) = (second, vec![1, 0, 0, 2], 3.0),
            Event::ResetsToZero => (*counts, *sum) = (vec![0; 4], 0.0),
        }
        let is_there = !matches!(of_histogram, Event::IsAbsent);
        model.histograms[0].push(is_there.then(|| (*start, (counts.clone(), *sum))));
        let mut metrics = vec![crate::support::counter("jobs", points)];
        if is_there {
            let mut metric = histogram("duration", &BOUNDS, counts, *sum);
            if let gusset_data::MetricData::Histogram(points) = &mut metric.data {
                points[0].start += secs(*start);
            }
            metrics.push(metric);
        }
        readings.record(second, metrics);
        model.readings.push(readings.start + secs(second));
    }
    model
}

/// Compares all answers about a window.
fn compare(readings: &Readings, model: &Model, end: u64, length: u64) -> Result<(), TestCaseError> {
    let window = Window::new(readings.start + secs(end), secs(length));
    let (indices, has_baseline) = model.indices(window.end(), window.length(), secs(MAX_GAP));
    let in_window = &indices[usize::from(has_baseline)..];
    for (at, name) in ["a", "b"].into_iter().enumerate() {
        let column = &model.counters[at];
        let selected = readings
            .history
            .select(&Selector::new("jobs").label("name", name), window);
        let is_there = in_window.iter().any(|at| column[*at].is_some());
        prop_assert_eq!(selected.is_some(), is_there);
        let Some(selected) = selected else { continue };
        let expected = (indices.len() > 1).then(|| Model::increase(column, &indices));
        prop_assert_eq!(selected.increase().is_some(), expected.is_some());
        if let (Some(actual), Some(expected)) = (selected.increase(), expected) {
            prop_assert!(
                (actual - expected).abs() <= 1e-9 * expected.max(1.0),
                "{actual} {expected}"
            );
        }
        let last = indices.last().and_then(|at| column[*at]);
        prop_assert_eq!(selected.last(), last.map(|(_, value)| value));
        let values: Vec<_> = selected
            .values()
            .into_iter()
            .map(|(_, value)| value)
            .collect();
        let expected: Vec<_> = in_window
            .iter()
            .map(|at| column[*at].map(|it| it.1))
            .collect();
        prop_assert_eq!(values, expected);
    }
    let column = &model.histograms[0];
    let selected = readings.history.select(&Selector::new("duration"), window);
    if let Some(selected) = selected {
        let (counts, sum) = Model::added_values(column, &indices);
        let distribution = selected.distribution().unwrap();
        prop_assert_eq!(distribution.count(), counts.iter().sum::<u64>() as f64);
        prop_assert!((distribution.sum().unwrap() - sum).abs() < 1e-6);
        for q in [0.0, 0.5, 0.9, 0.99, 1.0] {
            let expected = Model::quantile(&BOUNDS, &counts, q);
            match (distribution.quantile(q), expected) {
                (Some(actual), Some(expected)) => {
                    prop_assert!((actual - expected).abs() < 1e-9, "{q}: {actual} {expected}");
                }
                (actual, expected) => prop_assert_eq!(actual, expected),
            }
        }
        for (at, bound) in BOUNDS.iter().enumerate() {
            let below: u64 = counts[..=at].iter().sum();
            prop_assert_eq!(distribution.at_most(*bound), below as f64);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_window_agrees_with_the_model(
        events in readings(),
        windows in prop::collection::vec((0_u64..1500, 1_u64..1500), 8),
    ) {
        let readings = Readings::new();
        let model = replay(&readings, &events);
        for (end, length) in windows {
            compare(&readings, &model, end, length)?;
        }
    }

    #[test]
    fn part_of_a_selection_is_the_selection_of_the_part(
        events in readings(),
        (end, length) in (0_u64..1500, 1_u64..1500),
    ) {
        let readings = Readings::new();
        replay(&readings, &events);
        let part = Window::new(readings.start + secs(end), secs(length));
        let direct = readings.history.select(&Selector::new("jobs"), part);
        let all = readings.select("jobs", 100_000, 100_000);
        let part = all.map(|all| all.within(part));
        let increase = |it: &Option<Selection>| it.as_ref().and_then(Selection::increase);
        let series = |it: &Option<Selection>| it.as_ref().map_or(0, |it| it.series().len());
        prop_assert_eq!(series(&direct), series(&part));
        if direct.is_some() {
            prop_assert_eq!(increase(&direct), increase(&part));
        }
    }

    #[test]
    fn dropped_readings_do_not_change_the_others(
        events in readings(),
        retention in 40_u64..300,
        length in 1_u64..400,
    ) {
        let history = History::builder().retention(secs(retention)).build().unwrap();
        let readings = Readings::with(history);
        // A series that is in no reading is forgotten, so each is there now and then.
        let mut events = events;
        for (at, (_, events)) in events.iter_mut().enumerate() {
            if at % 2 == 0 {
                for event in events.iter_mut().filter(|event| matches!(event, Event::IsAbsent)) {
                    *event = Event::Nothing;
                }
            }
        }
        for (after, _) in &mut events {
            *after = (*after).min(19);
        }
        let model = replay(&readings, &events);
        let end = events.iter().map(|(after, _)| after).sum::<u64>();
        let kept = readings.history.usage().readings;
        let oldest = model.readings[model.readings.len() - kept] - readings.start;
        // Increases in a longer window begin with the oldest reading that is kept.
        let length = length.min((end - oldest.as_secs()).max(1));
        compare(&readings, &model, end, length)?;
    }
}
