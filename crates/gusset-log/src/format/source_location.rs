//! The source location of an entry.

use gusset_data::SharedStr;
use tracing::Metadata;

use crate::names;

#[derive(Clone)]
pub(crate) struct SourceLocation {
    pub(crate) file: SharedStr,
    pub(crate) line: u32,
}

// === impl SourceLocation ===

impl SourceLocation {
    /// Returns the location of an event, unless the event has fields of these names.
    pub(super) fn new(metadata: &Metadata<'_>, fields: &[&str]) -> Option<Self> {
        let has_own = [names::CODE_FILE_PATH, names::CODE_LINE_NUMBER]
            .iter()
            .any(|name| fields.contains(name));
        let (file, line) = (metadata.file()?, metadata.line()?);
        (!has_own).then(|| Self {
            file: SharedStr::new(file),
            line,
        })
    }
}
