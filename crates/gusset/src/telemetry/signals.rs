//! Which signals there are.

/// Which signals a process has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signals {
    pub(crate) log: bool,
    pub(crate) traces: bool,
    pub(crate) metrics: bool,
}

// === impl Signals ===

impl Signals {
    pub(crate) const ALL: Self = Self {
        log: true,
        traces: true,
        metrics: true,
    };
}
