//! What few calls have, in one word.

use std::sync::Arc;

use super::SharedFields;
use crate::Clock;

/// The clock of a call and its own fields.
///
/// Most calls have the clock of the system and no fields. A call is moved with its future and its body, and a
/// second word would cost each of them some 200 instructions, where the moved values pass the size up to which
/// the compiler copies in place.
#[derive(Debug, Default)]
pub(crate) struct CallExtras(Option<Box<Extras>>);

#[derive(Debug)]
struct Extras {
    clock: Clock,
    fields: Option<Arc<SharedFields>>,
}

static SYSTEM: Clock = Clock::system();

// === impl CallExtras ===

impl CallExtras {
    #[inline]
    pub(crate) fn new(clock: Clock, fields: Option<Arc<SharedFields>>) -> Self {
        match clock.is_system() && fields.is_none() {
            true => Self(None),
            false => Self::filled(clock, fields),
        }
    }

    #[cold]
    fn filled(clock: Clock, fields: Option<Arc<SharedFields>>) -> Self {
        Self(Some(Box::new(Extras { clock, fields })))
    }

    #[inline]
    pub(crate) fn clock(&self) -> &Clock {
        match &self.0 {
            Some(extras) => &extras.clock,
            None => &SYSTEM,
        }
    }

    #[inline]
    pub(crate) fn fields(&self) -> Option<&Arc<SharedFields>> {
        self.0.as_ref()?.fields.as_ref()
    }

    #[cold]
    pub(crate) fn set_fields(&mut self, fields: Option<Arc<SharedFields>>) {
        match &mut self.0 {
            Some(extras) => extras.fields = fields,
            None => *self = Self::new(Clock::system(), fields),
        }
    }
}
