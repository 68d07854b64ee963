//! The settlements of a message.

use gusset_core::{
    Classification, Classify, End, Outcome, RequestResponse, ResponseKind, StaticStr,
};

/// How a message is settled after it was processed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(
    clippy::exhaustive_enums,
    reason = "a message is done, comes again, or is put aside"
)]
pub enum Settlement {
    /// It is done.
    Ack,
    /// It is returned to the queue, and delivered again.
    Nack,
    /// It is put aside, for a person to look at.
    DeadLetter,
}

/// Classifies calls whose response is a [`Settlement`], for all signals: a message that is returned to the queue or put aside is
/// an error, `nack` or `dead_letter`, whatever the code returned.
///
/// ```
/// use gusset_core::{ObserveLayer, RequestResponse};
/// use gusset_messaging::{Settlement, SettlementClassifier};
///
/// type Orders = RequestResponse<String, Settlement, SettlementClassifier>;
/// let layer = ObserveLayer::<Orders, _>::new(());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SettlementClassifier {
    settlement: Option<Settlement>,
}

// === impl Settlement ===

impl Settlement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Ack, Self::Nack, Self::DeadLetter];

    /// Returns the settlement as a label value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ack => "ack",
            Self::Nack => "nack",
            Self::DeadLetter => "dead_letter",
        }
    }
}

// === impl SettlementClassifier ===

impl<M: 'static> Classify<RequestResponse<M, Settlement, Self>> for SettlementClassifier {
    const MAY_PANIC: bool = false;

    fn start(_: &M) -> Self {
        Self { settlement: None }
    }

    fn on_response(&mut self, settlement: &Settlement) -> ResponseKind {
        self.settlement = Some(*settlement);
        ResponseKind::NoBody
    }

    fn on_end(&self, end: &End<'_, RequestResponse<M, Settlement, Self>>) -> Classification {
        let error = |error| Classification::new(Outcome::ServerError).with_error(error);
        Classification::of_end(end).unwrap_or(match self.settlement {
            None | Some(Settlement::Ack) => Classification::new(Outcome::Success),
            Some(Settlement::Nack) => error(StaticStr::new(&"nack")),
            Some(Settlement::DeadLetter) => error(StaticStr::new(&"dead_letter")),
        })
    }
}
