//! Requests in the history: rates, errors, durations, by window and by route.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use gusset_data::{InstrumentKind, SharedStr, StateTree, semconv};
use gusset_history::{History, SelectedSeries, Selection, Selector, Window};
use gusset_metrics::names::{HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_DURATION};

use crate::chart::{Chart, number};
use crate::shared::Shared;

const MINUTE: Duration = Duration::from_secs(60);

/// The windows, in minutes.
const WINDOWS: [u32; 3] = [5, 15, 60];

/// The window of the routes, in minutes.
const ROUTES: u32 = 15;

/// What the calls of a route do with their time. A service has it with `CallMonitor` of `gusset-system`.
const CALL_TIME: &str = "gusset.call.time";
const CALL_STATE: &str = "gusset.call.state";
const CALL_STATES: [(&str, &str); 3] = [
    ("polled", "polled %"),
    ("scheduled", "scheduled %"),
    ("waiting", "waiting %"),
];

/// The events that a chart has as lines.
#[cfg(feature = "incident")]
const MAX_MARKS: usize = 40;

/// Returns the figures of all requests in each window.
pub(super) fn windows(history: &History) -> StateTree {
    let of_window = |minutes: u32| {
        let mut fields = vec![("minutes".into(), u64::from(minutes).into())];
        fields.extend(figures(select(history, &requests(), minutes).as_ref()));
        StateTree::Fields(fields)
    };
    StateTree::list(WINDOWS.map(of_window))
}

/// Returns the figures of each route, the most used first.
pub(super) fn routes(history: &History) -> StateTree {
    let all = select(history, &requests(), ROUTES);
    let by_route = all.map(|all| all.group_by(semconv::HTTP_ROUTE));
    let mut routes: Vec<_> = by_route.into_iter().flatten().collect();
    let rate = |selection: &Selection| selection.rate().unwrap_or_default();
    routes.sort_by(|(_, left), (_, right)| rate(right).total_cmp(&rate(left)));
    let times = select(history, &Selector::new(CALL_TIME), ROUTES);
    let times = times.map(|times| times.group_by(semconv::HTTP_ROUTE));
    StateTree::list(routes.into_iter().map(|(route, selection)| {
        let mut fields = figures(Some(&selection));
        fields.extend(times.iter().flat_map(|times| shares(times.get(&route))));
        let route = match route.is_empty() {
            true => SharedStr::from_static("no route"),
            false => route,
        };
        fields.insert(0, ("route".into(), route.into()));
        StateTree::Fields(fields)
    }))
}

/// Returns what calls did with their time, in percent.
fn shares(times: Option<&Selection>) -> [(SharedStr, StateTree); 3] {
    let by_state = times.map_or_else(BTreeMap::new, |times| times.group_by(CALL_STATE));
    let of = |state: &str| by_state.get(state).and_then(Selection::increase);
    let all: f64 = CALL_STATES.iter().filter_map(|(state, _)| of(state)).sum();
    CALL_STATES.map(|(state, title)| {
        let share = of(state).filter(|_| all > 0.0);
        (title.into(), shown(share.map(|time| 100.0 * time / all)))
    })
}

/// Returns the charts of the last hour: those of requests, and those that the service adds.
pub(super) fn charts(shared: &Shared, history: &History) -> Vec<Chart> {
    let own = [
        ("Requests", "/s", requests()),
        ("Errors", "/s", errors()),
        (
            "Under way",
            "calls",
            Selector::new(HTTP_SERVER_ACTIVE_REQUESTS.name),
        ),
    ];
    let own = own.map(|(title, unit, selector)| {
        let selection = select(history, &selector, 60);
        chart(shared, title.into(), Some(unit), selection)
    });
    let added = shared.charts.iter().map(|(title, selector)| {
        let selection = select(history, selector, 60);
        chart(shared, title.clone(), None, selection)
    });
    own.into_iter().chain(added).collect()
}

/// Returns a chart of what was selected: the rate of a counter or a histogram, the value of a gauge.
fn chart(
    shared: &Shared,
    title: SharedStr,
    unit: Option<&'static str>,
    selection: Option<Selection>,
) -> Chart {
    let is_rate = selection.as_ref().is_some_and(|selection| {
        matches!(
            selection.kind(),
            InstrumentKind::Counter | InstrumentKind::Histogram
        )
    });
    let unit_of_metric = || {
        let unit = selection.as_ref().map_or("", Selection::unit);
        match is_rate {
            true => SharedStr::concat([unit, "/s"]),
            false => SharedStr::new(unit),
        }
    };
    let unit = unit.map_or_else(unit_of_metric, SharedStr::from_static);
    let points = selection.map_or_else(Vec::new, |selection| match is_rate {
        true => selection.rates(),
        false => selection.values(),
    });
    let times = points.first().zip(points.last());
    let marks = times.map(|(first, last)| marks(shared, first.0, last.0));
    Chart {
        title,
        unit,
        values: points.into_iter().map(|(_, value)| value).collect(),
        marks: marks.unwrap_or_default(),
    }
}

/// Returns the changes of state between two times, as lines across a chart.
#[cfg(feature = "incident")]
fn marks(shared: &Shared, first: Instant, last: Instant) -> Vec<(f64, String)> {
    let Some(recorder) = &shared.recorder else {
        return Vec::new();
    };
    let (from, length) = (recorder.wall_clock(first), (last - first).as_secs_f64());
    let changes = recorder.changes().into_iter().rev();
    let marks = changes.filter_map(|change| {
        let after = change.time.duration_since(from).ok()?.as_secs_f64();
        (after <= length && length > 0.0)
            .then(|| (after / length, format!("{}: {}", change.what, change.state)))
    });
    marks.take(MAX_MARKS).collect()
}

#[cfg(not(feature = "incident"))]
fn marks(_: &Shared, _: Instant, _: Instant) -> Vec<(f64, String)> {
    Vec::new()
}

fn requests() -> Selector {
    Selector::new(HTTP_SERVER_DURATION.name)
}

fn errors() -> Selector {
    requests().label_not(semconv::ERROR_TYPE, "")
}

fn select(history: &History, selector: &Selector, minutes: u32) -> Option<Selection> {
    history.select(
        selector,
        Window::new(history.last_reading()?, MINUTE * minutes),
    )
}

/// Returns requests per second, the share of errors in percent, and durations in milliseconds.
fn figures(selection: Option<&Selection>) -> Vec<(SharedStr, StateTree)> {
    let all = selection.and_then(Selection::increase);
    let failed = selection.map(|selection| {
        let series = selection.series().iter();
        let failed = series.filter(|series| !series.label(semconv::ERROR_TYPE).is_empty());
        let increases = failed.filter_map(SelectedSeries::increase);
        // Not `sum`, which is −0 for no series.
        increases.fold(0.0, |sum, increase| sum + increase)
    });
    let errors = all
        .zip(failed)
        .and_then(|(all, failed)| (all > 0.0).then(|| 100.0 * failed / all));
    let distribution = selection.and_then(Selection::distribution);
    let quantile = |q| {
        let seconds = distribution.as_ref().and_then(|it| it.quantile(q));
        shown(seconds.map(|seconds| seconds * 1e3))
    };
    vec![
        (
            "requests/s".into(),
            shown(selection.and_then(Selection::rate)),
        ),
        ("errors %".into(), shown(errors)),
        ("p50 ms".into(), quantile(0.5)),
        ("p95 ms".into(), quantile(0.95)),
        ("p99 ms".into(), quantile(0.99)),
    ]
}

/// Returns a number with three digits.
fn shown(value: Option<f64>) -> StateTree {
    value.map_or(StateTree::Unknown, |value| {
        let rounded = number(value).parse();
        rounded.unwrap_or(value).into()
    })
}
