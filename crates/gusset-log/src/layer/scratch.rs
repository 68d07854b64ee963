//! What a thread keeps from line to line, so that lines allocate nothing.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use tracing::Metadata;

use super::Shared;
use crate::format::line::Line;
use crate::format::shape::Shape;
use crate::format::time::Stamp;

/// What a thread keeps from line to line.
pub(super) struct Scratch {
    pub(super) shapes: Shapes,
    pub(super) line: Line,
    /// Parts of a line that is put together at its end.
    pub(super) parts: Line,
    pub(super) stamp: Stamp,
}

/// The shapes that this thread has last used: a look at one place, and no lock.
pub(super) struct Shapes(Vec<Option<(u64, usize, Arc<Shape>)>>);

/// A scratch that is in use. One that is asked for meanwhile, by a value that logs while it is
/// formatted, is a new one.
pub(super) struct Taken(Box<Scratch>);

const PLACES: usize = 128;

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

// === impl Scratch ===

impl Scratch {
    #[inline]
    pub(super) fn take() -> Taken {
        let kept = SCRATCH.try_with(Cell::take).ok().flatten();
        Taken(kept.unwrap_or_else(Self::new))
    }

    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self {
            shapes: Shapes(vec![None; PLACES]),
            line: Line::new(),
            parts: Line::new(),
            stamp: Stamp::new(),
        })
    }
}

// === impl Taken ===

impl Taken {
    #[inline]
    pub(super) fn give_back(self) {
        // A thread that is going away keeps nothing.
        let _ = SCRATCH.try_with(|scratch| scratch.set(Some(self.0)));
    }
}

impl Deref for Taken {
    type Target = Scratch;

    fn deref(&self) -> &Scratch {
        &self.0
    }
}

impl DerefMut for Taken {
    fn deref_mut(&mut self) -> &mut Scratch {
        &mut self.0
    }
}

// === impl Shapes ===

impl Shapes {
    #[inline]
    pub(super) fn find(&mut self, of: &Shared, metadata: &'static Metadata<'static>) -> &Shape {
        let address = std::ptr::from_ref(metadata) as usize;
        // The places of metadata are a few words apart.
        let mixed = (address >> 4) ^ (address >> 11) ^ (of.id as usize).wrapping_mul(31);
        let place = &mut self.0[mixed % PLACES];
        match place {
            Some((id, key, _)) if *id == of.id && *key == address => {}
            _ => *place = Some((of.id, address, of.shape(metadata))),
        }
        let (_, _, shape) = place.as_ref().expect("was filled just now");
        shape
    }
}
