//! How a road is: one line in the log for each change, however many failures make it up.

use std::fmt;

use crate::Signal;
use crate::road::Fault;
use crate::voice::Voice;

/// How one road is.
#[derive(Debug)]
pub(crate) struct Mood {
    signal: Signal,
    to: String,
    voice: Voice,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Well,
    /// Nothing arrives. So much was lost before.
    Failing(u64),
    /// The receiver takes some and refuses others.
    Rejecting,
}

/// A change that is worth a line.
#[derive(Debug, PartialEq, Eq)]
enum Change<'a> {
    Fails(&'a str),
    Rejects(u64, &'a str),
    /// Well again; so much was lost meanwhile.
    Recovers(u64),
    TakesAll,
}

// === impl Mood ===

impl Mood {
    pub(crate) fn new(signal: Signal, to: impl fmt::Display, voice: Voice) -> Self {
        Self {
            signal,
            to: to.to_string(),
            voice,
            state: State::Well,
        }
    }

    /// Nothing arrives. `lost` is all that was lost so far.
    pub(crate) fn fails(&mut self, fault: &Fault, lost: u64) {
        if let Some(change) = self.state.fails(&fault.why, lost) {
            self.say(&change);
        }
    }

    /// A batch arrived, of which the receiver refused some.
    pub(crate) fn arrived(&mut self, rejected: u64, message: &str, lost: u64) {
        if let Some(change) = self.state.arrived(rejected, message, lost) {
            self.say(&change);
        }
    }

    fn say(&self, change: &Change<'_>) {
        let (what, to) = (self.signal.items(), &self.to);
        match change {
            Change::Fails(why) => self.voice.warn(format_args!(
                "{what} do not arrive at {to}: {why}. Said once, until they do"
            )),
            Change::Rejects(count, message) => self.voice.warn(format_args!(
                "{to} refuses {what}, {count} at first{message}. Said once, until it takes all"
            )),
            Change::Recovers(lost) => self.voice.info(format_args!(
                "{what} arrive at {to} again; {lost} were lost meanwhile"
            )),
            Change::TakesAll => self.voice.info(format_args!("{to} takes all {what} again")),
        }
    }
}

// === impl State ===

impl State {
    fn fails<'a>(&mut self, why: &'a str, lost: u64) -> Option<Change<'a>> {
        if matches!(self, Self::Failing(_)) {
            return None;
        }
        *self = Self::Failing(lost);
        Some(Change::Fails(why))
    }

    fn arrived<'a>(&mut self, rejected: u64, message: &'a str, lost: u64) -> Option<Change<'a>> {
        let next = if rejected > 0 || !message.is_empty() {
            Self::Rejecting
        } else {
            Self::Well
        };
        let change = match (*self, next) {
            (Self::Rejecting, Self::Rejecting) => None,
            (_, Self::Rejecting) => Some(Change::Rejects(rejected, message)),
            (Self::Failing(before), _) => Some(Change::Recovers(lost.saturating_sub(before))),
            (Self::Rejecting, _) => Some(Change::TakesAll),
            (Self::Well, _) => None,
        };
        *self = next;
        change
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_said_once_with_what_was_lost() {
        let mut state = State::Well;
        assert_eq!(state.arrived(0, "", 3), None);
        assert_eq!(state.fails("down", 3), Some(Change::Fails("down")));
        assert_eq!(state.fails("slow", 10), None);
        assert_eq!(state.arrived(0, "", 10), Some(Change::Recovers(7)));
        assert_eq!(state.arrived(0, "", 10), None);
        assert_eq!(state.arrived(2, "m", 12), Some(Change::Rejects(2, "m")));
        assert_eq!(state.arrived(1, "m", 13), None);
        assert_eq!(state.arrived(0, "", 13), Some(Change::TakesAll));
    }
}
