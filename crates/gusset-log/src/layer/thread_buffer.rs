//! The memory that a thread reuses, so that entries allocate nothing.

use std::cell::Cell;
use std::sync::Arc;

use tracing::Metadata;

use super::state::LayerState;
use crate::format::line_buffer::LineBuffer;
use crate::format::template::CallsiteTemplate;
use crate::format::time::TimestampFormatter;

pub(super) struct ThreadBuffer {
    pub(super) templates: TemplateCache,
    pub(super) entry: EntryBuffer,
}

pub(super) struct EntryBuffer {
    pub(super) line: LineBuffer,
    /// The parts of an entry that is assembled at its end.
    pub(super) parts: LineBuffer,
    pub(super) formatter: TimestampFormatter,
}

/// The templates that this thread used last. A look-up is one comparison, without a lock.
pub(super) struct TemplateCache(Vec<Option<(u64, usize, Arc<CallsiteTemplate>)>>);

/// A direct-mapped cache: a collision costs a look-up in the shared map.
const CACHE_SLOTS: usize = 128;

thread_local! {
    static BUFFER: Cell<Option<Box<ThreadBuffer>>> = const { Cell::new(None) };
}

// === impl ThreadBuffer ===

impl ThreadBuffer {
    /// Takes the buffer of this thread. A value that logs while it is formatted gets a new one.
    #[inline]
    pub(super) fn acquire() -> Box<Self> {
        let buffer = BUFFER.try_with(Cell::take).ok().flatten();
        buffer.unwrap_or_else(Self::new)
    }

    /// Returns the buffer to this thread. After a panic, it is freed instead.
    #[inline]
    pub(super) fn release(self: Box<Self>) {
        // On a thread that is exiting, the buffer is freed.
        let _ = BUFFER.try_with(|buffer| buffer.set(Some(self)));
    }

    #[cold]
    fn new() -> Box<Self> {
        Box::new(Self {
            templates: TemplateCache(vec![None; CACHE_SLOTS]),
            entry: EntryBuffer::new(),
        })
    }
}

// === impl EntryBuffer ===

impl EntryBuffer {
    pub(super) fn new() -> Self {
        Self {
            line: LineBuffer::default(),
            parts: LineBuffer::default(),
            formatter: TimestampFormatter::new(),
        }
    }
}

// === impl TemplateCache ===

impl TemplateCache {
    #[inline]
    pub(super) fn find(
        &mut self,
        state: &LayerState,
        metadata: &'static Metadata<'static>,
    ) -> &CallsiteTemplate {
        let address = std::ptr::from_ref(metadata) as usize;
        // Metadata are statics, a few words apart: the lowest bits are equal.
        let hash = (address >> 4) ^ (address >> 11) ^ (state.id as usize).wrapping_mul(31);
        let slot = &mut self.0[hash % CACHE_SLOTS];
        match slot {
            Some((id, key, _)) if *id == state.id && *key == address => {}
            _ => *slot = Some((state.id, address, state.template(metadata))),
        }
        let (_, _, template) = slot.as_ref().expect("filled above");
        template
    }
}
