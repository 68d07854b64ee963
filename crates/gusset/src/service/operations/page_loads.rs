//! What browsers have reported of the pages, on the operations page.

use std::time::Duration;

use gusset_browser::{Phase, names};
use gusset_data::{MetricDescriptor, SharedStr, ShowState, StateTree};
use gusset_history::{History, Selection, Selector, Window};

const WINDOW: Duration = Duration::from_secs(15 * 60);

/// Three of four page views are at most this: the quantile by which Core Web Vitals are judged.
const QUANTILE: f64 = 0.75;

/// Returns the pages of the last 15 minutes, those with the most views first.
pub(super) fn shown(history: &History) -> impl ShowState + use<> {
    let history = history.clone();
    move || StateTree::list(rows(&history))
}

fn rows(history: &History) -> Vec<StateTree> {
    let views = select(history, &of_phase(Phase::FirstByte));
    let pages = views.map(|views| views.group_by(names::PAGE));
    let rate = |selection: &Selection| selection.rate().unwrap_or_default();
    let mut pages: Vec<_> = pages.into_iter().flatten().collect();
    pages.sort_by(|(_, left), (_, right)| rate(right).total_cmp(&rate(left)));
    let row = |(page, views): (SharedStr, Selection)| row(history, &page, &views);
    pages.into_iter().map(row).collect()
}

fn row(history: &History, page: &SharedStr, views: &Selection) -> StateTree {
    let quantile = |selector: Selector, scale: f64| {
        let selection = select(history, &selector.label(names::PAGE, page.clone()));
        let distribution = selection.as_ref().and_then(Selection::distribution);
        let value = distribution.and_then(|it| it.quantile(QUANTILE));
        shown_number(value.map(|value| value * scale))
    };
    let of = |metric: &MetricDescriptor| Selector::new(metric.name);
    let errors = of(&names::SCRIPT_ERRORS).label(names::PAGE, page.clone());
    let errors = select(history, &errors).and_then(|errors| errors.increase());
    StateTree::fields([
        ("page", page.clone().into()),
        ("views/s", shown_number(views.rate())),
        (
            "first byte p75 ms",
            quantile(of_phase(Phase::FirstByte), 1e3),
        ),
        ("load p75 ms", quantile(of_phase(Phase::Load), 1e3)),
        (
            "LCP p75 ms",
            quantile(of(&names::LARGEST_CONTENTFUL_PAINT), 1e3),
        ),
        (
            "INP p75 ms",
            quantile(of(&names::INTERACTION_TO_NEXT_PAINT), 1e3),
        ),
        (
            "CLS p75",
            quantile(of(&names::CUMULATIVE_LAYOUT_SHIFT), 1.0),
        ),
        ("script errors", shown_number(errors)),
    ])
}

fn of_phase(phase: Phase) -> Selector {
    Selector::new(names::PHASE_DURATION.name).label(names::PHASE, phase.as_str())
}

fn select(history: &History, selector: &Selector) -> Option<Selection> {
    let window = Window::new(history.last_reading()?, WINDOW);
    let selection = history.select(selector, window)?;
    (!selection.is_empty()).then_some(selection)
}

/// Returns a number to the thousandth.
fn shown_number(value: Option<f64>) -> StateTree {
    value.map(|value| (value * 1e3).round() / 1e3).into()
}
