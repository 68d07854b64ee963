//! Reading variables as OpenTelemetry reads them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use crate::voice::Voice;

/// The environment: a lookup, and what to say of what cannot be read.
pub(crate) struct Env<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    pub(crate) voice: Voice,
    /// What was said already: a variable for all signals is read by each of them.
    said: RefCell<BTreeSet<String>>,
}

// === impl Env ===

impl<'a> Env<'a> {
    pub(crate) fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        const LEVEL: &str = "OTEL_LOG_LEVEL";
        let mut this = Self {
            lookup,
            voice: Voice::Info,
            said: RefCell::default(),
        };
        if let Some(text) = this.text(LEVEL) {
            match Voice::parse(&text) {
                Some(voice) => this.voice = voice,
                None => this.ignored(LEVEL, &text, "is no level"),
            }
        }
        this
    }

    /// The value. An empty one is none.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let text = (self.lookup)(name)?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first of these that is set, with its name.
    pub(crate) fn first<'n>(&self, names: &'n [String]) -> Option<(&'n str, String)> {
        names
            .iter()
            .find_map(|name| Some((name.as_str(), self.text(name)?)))
    }

    /// `true`, in whatever case, is true; `false` is false; all else is false too, and said.
    pub(crate) fn flag(&self, name: &str) -> bool {
        let Some(text) = self.text(name) else {
            return false;
        };
        let is = text.eq_ignore_ascii_case("true");
        if !is && !text.eq_ignore_ascii_case("false") {
            self.ignored(name, &text, "is neither `true` nor `false`");
        }
        is
    }

    /// A duration in milliseconds that is not 0. More than a year is a year, which can still be added
    /// to a time.
    pub(crate) fn millis(&self, name: &str) -> Option<Duration> {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);
        let millis = self.number(name)?;
        Some(Duration::from_millis(millis).min(YEAR))
    }

    /// A whole number that is not 0.
    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        self.number(name).and_then(|count| count.try_into().ok())
    }

    /// A whole number that may be 0.
    pub(crate) fn limit(&self, name: &str) -> Option<usize> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.ignored(name, &text, "is no whole number");
        }
        parsed
    }

    fn number(&self, name: &str) -> Option<u64> {
        let text = self.text(name)?;
        let parsed = text.parse().ok().filter(|number| *number > 0);
        if parsed.is_none() {
            self.ignored(name, &text, "is no whole number above 0");
        }
        parsed
    }

    /// Says that a value is passed over. Not for values that may be secret.
    pub(crate) fn ignored(&self, name: &str, text: &str, why: &str) {
        let said = format!("{name} is ignored: `{text}` {why}");
        if !self.said.borrow().contains(&said) {
            self.voice.warn(format_args!("{said}"));
            self.said.borrow_mut().insert(said);
        }
    }
}
