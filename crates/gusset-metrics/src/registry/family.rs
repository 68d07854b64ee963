//! The series under one name.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use gusset_data::{Labels, SharedStr};
use metrics::{CounterFn, GaugeFn, HistogramFn, Key, KeyName, Unit};

use super::spelling;

/// All families of one kind, by their names as Prometheus spells them: what falls together there is
/// one metric here.
pub(super) struct Families<C, S> {
    by_name: RwLock<BTreeMap<String, Entry<C, S>>>,
}

/// A family, of whose series all agree on `S`.
struct Entry<C, S> {
    /// The first spelling.
    name: SharedStr,
    description: Option<Description>,
    settled: S,
    /// By the text of their labels, which tells them apart and serves every page.
    series: BTreeMap<Arc<str>, Arc<Series<C>>>,
}

#[derive(Clone)]
struct Description {
    unit: Option<Unit>,
    help: SharedStr,
}

/// The series of one metric at one moment, in the order of their labels. They are shared with those
/// who record, and go on counting.
#[derive(Clone, Debug)]
pub struct Family<C> {
    name: SharedStr,
    spelling: String,
    unit: Option<Unit>,
    help: Option<SharedStr>,
    series: Vec<Arc<Series<C>>>,
}

/// One series: its labels and its number, or its numbers.
#[derive(Debug)]
pub struct Series<C> {
    text: Arc<str>,
    labels: Labels,
    start: SystemTime,
    cell: C,
}

// === impl Families ===

impl<C, S: Default> Families<C, S> {
    pub(super) fn new() -> Self {
        Self {
            by_name: RwLock::default(),
        }
    }

    /// Notes unit and help of a family, unless it has them: the first description stands. If it
    /// was taken, `late` is asked about what the family has settled.
    pub(super) fn describe(
        &self,
        name: KeyName,
        unit: Option<Unit>,
        help: SharedStr,
        late: impl FnOnce(&S) -> bool,
    ) -> bool {
        let spelling = spelling::metric_name(name.as_str()).into_owned();
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let family = families.entry(spelling).or_insert_with(|| Entry::new(name));
        if family.description.is_some() {
            return false;
        }
        family.description = Some(Description { unit, help });
        late(&family.settled)
    }

    /// The series of that key, made when it is asked for the first time. `taken` is a label that the
    /// page writes itself.
    pub(super) fn series(
        &self,
        key: &Key,
        taken: Option<&str>,
        make: impl FnOnce(&mut S, Option<Unit>) -> C,
    ) -> Arc<Series<C>> {
        let pairs = key.labels().map(|label| (label.key(), label.value()));
        let text = spelling::label_text(pairs, taken);
        let spelling = spelling::metric_name(key.name()).into_owned();
        let mut families = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        let Entry {
            description,
            settled,
            series,
            ..
        } = families
            .entry(spelling)
            .or_insert_with(|| Entry::new(key.name_shared()));
        if let Some(series) = series.get(&*text) {
            return Arc::clone(series);
        }
        let text: Arc<str> = text.into();
        let unit = description.as_ref().and_then(|described| described.unit);
        let made = Arc::new(Series {
            text: Arc::clone(&text),
            labels: spelling::labels(key),
            start: SystemTime::now(),
            cell: make(settled, unit),
        });
        series.insert(text, Arc::clone(&made));
        made
    }

    /// The families that have a series, in the order of their names, each with what `read` reads of
    /// what it has settled. No lock is held when it is used.
    pub(super) fn read<R>(&self, read: impl Fn(&S) -> R) -> Vec<(Family<C>, R)> {
        let families = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        families
            .iter()
            .filter(|(_, family)| !family.series.is_empty())
            .map(|(spelling, family)| (family.read(spelling), read(&family.settled)))
            .collect()
    }
}

impl<C, S> fmt::Debug for Families<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Families").finish_non_exhaustive()
    }
}

// === impl Entry ===

impl<C, S: Default> Entry<C, S> {
    fn new(name: KeyName) -> Self {
        Self {
            name: super::spelling::text(name),
            description: None,
            settled: S::default(),
            series: BTreeMap::new(),
        }
    }

    fn read(&self, spelling: &str) -> Family<C> {
        let description = self.description.as_ref();
        Family {
            name: self.name.clone(),
            spelling: spelling.to_owned(),
            unit: description.and_then(|described| described.unit),
            help: description.map(|described| described.help.clone()),
            series: self.series.values().map(Arc::clone).collect(),
        }
    }
}

// === impl Family ===

impl<C> Family<C> {
    /// The name, in the spelling that was used first: OpenTelemetry's, as a rule.
    pub fn name(&self) -> &SharedStr {
        &self.name
    }

    /// The name as Prometheus spells it, before unit and `_total`.
    pub fn spelling(&self) -> &str {
        &self.spelling
    }

    /// The unit, if it was described with one.
    pub fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// What it tells, if it was described.
    pub fn help(&self) -> Option<&SharedStr> {
        self.help.as_ref()
    }

    /// Its series, in the order of their [`text`](Series::text); one at least.
    pub fn series(&self) -> impl ExactSizeIterator<Item = &Series<C>> {
        self.series.iter().map(|series| &**series)
    }
}

// === impl Series ===

impl<C> Series<C> {
    /// The labels as they stand between the braces of a page: `a="1",b="2"`. Made once.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The labels as they were recorded, in the order of their keys, each once.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// When the series was asked for the first time.
    pub fn start(&self) -> SystemTime {
        self.start
    }

    /// The number, or the numbers.
    pub fn cell(&self) -> &C {
        &self.cell
    }
}

// What is handed out is the series itself: one allocation, and one step to the numbers.

impl<C: CounterFn> CounterFn for Series<C> {
    #[inline]
    fn increment(&self, value: u64) {
        self.cell.increment(value);
    }

    #[inline]
    fn absolute(&self, value: u64) {
        self.cell.absolute(value);
    }
}

impl<C: GaugeFn> GaugeFn for Series<C> {
    #[inline]
    fn increment(&self, value: f64) {
        self.cell.increment(value);
    }

    #[inline]
    fn decrement(&self, value: f64) {
        self.cell.decrement(value);
    }

    #[inline]
    fn set(&self, value: f64) {
        self.cell.set(value);
    }
}

impl<C: HistogramFn> HistogramFn for Series<C> {
    #[inline]
    fn record(&self, value: f64) {
        self.cell.record(value);
    }

    #[inline]
    fn record_many(&self, value: f64, count: usize) {
        self.cell.record_many(value, count);
    }
}
