//! Requests in the history: rates, errors, durations, by window and by route.

use std::time::Duration;

use gusset_data::{SharedStr, StateTree, semconv};
use gusset_history::{History, SelectedSeries, Selection, Selector, Window};
use gusset_metrics::names::{HTTP_SERVER_ACTIVE_REQUESTS, HTTP_SERVER_DURATION};

use crate::chart::{Chart, number};

const MINUTE: Duration = Duration::from_secs(60);

/// The windows, in minutes.
const WINDOWS: [u32; 3] = [5, 15, 60];

/// The window of the routes, in minutes.
const ROUTES: u32 = 15;

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
    StateTree::list(routes.into_iter().map(|(route, selection)| {
        let route = if route.is_empty() {
            SharedStr::from_static("no route")
        } else {
            route
        };
        let mut fields = vec![("route".into(), route.into())];
        fields.extend(figures(Some(&selection)));
        StateTree::Fields(fields)
    }))
}

/// Returns the charts of the last hour.
pub(super) fn charts(history: &History) -> Vec<Chart> {
    let of = |selector: Selector| select(history, &selector, 60);
    let values = |selection: Option<Selection>, of: fn(&Selection) -> Vec<Option<f64>>| {
        selection.map_or(Vec::new(), |selection| of(&selection))
    };
    let rates = |selection: &Selection| {
        let rates = selection.rates().into_iter();
        rates.map(|(_, rate)| rate).collect()
    };
    let sums = |selection: &Selection| {
        let values = selection.values().into_iter();
        values.map(|(_, value)| value).collect()
    };
    vec![
        Chart {
            title: "Requests",
            unit: "/s",
            values: values(of(requests()), rates),
        },
        Chart {
            title: "Errors",
            unit: "/s",
            values: values(of(errors()), rates),
        },
        Chart {
            title: "Under way",
            unit: "calls",
            values: values(of(Selector::new(HTTP_SERVER_ACTIVE_REQUESTS.name)), sums),
        },
    ]
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
