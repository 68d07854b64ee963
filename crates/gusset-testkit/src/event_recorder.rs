//! A subscriber that records events.

use std::fmt::{self, Debug};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::set_subscriber;

/// An event that an [`EventRecorder`] has received.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedEvent {
    /// The level.
    pub level: Level,
    /// The target.
    pub target: String,
    /// The names and values of the fields, among them `message`.
    pub fields: Vec<(&'static str, String)>,
}

/// A `tracing` subscriber that records the events of a thread. Clones share them.
///
/// ```
/// use gusset_testkit::EventRecorder;
/// use tracing::Level;
///
/// let events = EventRecorder::new(Level::INFO);
/// events.record(|| tracing::warn!(target: "shop", attempt = 3, "it failed"));
/// let event = &events.events()[0];
/// assert_eq!((event.target.as_str(), event.field("attempt")), ("shop", Some("3")));
/// assert_eq!(event.field("message"), Some("it failed"));
/// ```
#[derive(Clone, Debug)]
pub struct EventRecorder {
    max_level: Level,
    events: Arc<Mutex<Vec<RecordedEvent>>>,
}

/// Ends the recording of an [`EventRecorder`] when it is dropped.
#[must_use = "the recording ends when this is dropped"]
#[derive(Debug)]
pub struct EventGuard {
    _default: DefaultGuard,
}

// === impl RecordedEvent ===

impl RecordedEvent {
    /// Returns the value of a field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let found = self.fields.iter().find(|(field, _)| *field == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// The level, the target and the fields, as `name=value`.
impl fmt::Display for RecordedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.level, self.target)?;
        let mut fields = self.fields.iter();
        fields.try_for_each(|(name, value)| write!(f, " {name}={value}"))
    }
}

impl Visit for RecordedEvent {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }
}

// === impl EventRecorder ===

impl EventRecorder {
    /// Creates a recorder of events up to this level.
    pub fn new(max_level: Level) -> Self {
        Self {
            max_level,
            events: Arc::default(),
        }
    }

    /// Records the events of this thread while `run` runs.
    pub fn record<R>(&self, run: impl FnOnce() -> R) -> R {
        let _recording = self.set_default();
        run()
    }

    /// Records the events of this thread until the guard is dropped.
    pub fn set_default(&self) -> EventGuard {
        EventGuard {
            _default: set_subscriber(self.clone()),
        }
    }

    /// Returns the events.
    pub fn events(&self) -> Vec<RecordedEvent> {
        let events = self.events.lock();
        events.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the events as text: the level, the target and the fields.
    pub fn lines(&self) -> Vec<String> {
        self.events().iter().map(ToString::to_string).collect()
    }
}

impl Subscriber for EventRecorder {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= self.max_level
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut recorded = RecordedEvent {
            level: *metadata.level(),
            target: metadata.target().to_owned(),
            fields: Vec::new(),
        };
        event.record(&mut recorded);
        let events = self.events.lock();
        events
            .unwrap_or_else(PoisonError::into_inner)
            .push(recorded);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
