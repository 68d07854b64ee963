//! How far what is set up reaches.

/// How far what is set up reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// The process.
    Global,
    /// The layers and what they call.
    Local,
    /// As `Local`, in a process that has another one of its own on the usual port.
    LocalBesideGlobal,
    /// Nothing: the subscriber and the recorder of the service stay.
    Disabled,
}

// === impl Scope ===

impl Scope {
    /// Returns whether the layers bring a subscriber and a recorder.
    pub(super) fn is_local(self) -> bool {
        matches!(self, Self::Local | Self::LocalBesideGlobal)
    }
}
