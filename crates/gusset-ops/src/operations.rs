//! The page of one process.

use std::fmt;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use gusset_data::{ShowState, StateTree};

use crate::query::Query;
use crate::shared::Shared;
use crate::{page, sections};

/// The operations page of one process.
///
/// It shows what it was given: the history, the flight recorder, and any part that implements
/// [`ShowState`]. [`endpoints`](Self::endpoints) mounts it on a management server; clones share one page.
///
/// ```
/// use gusset_data::StateTree;
/// use gusset_ops::Operations;
///
/// # fn main() -> Result<(), gusset_ops::ConfigError> {
/// let operations = Operations::builder("shop")
///     .version("1.2.3")
///     .part("cache", || StateTree::fields([("entries", 3_u64.into())]))
///     .build()?;
/// assert!(operations.to_text().contains("entries: 3"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Operations(Arc<Shared>);

/// The age at which the document is made again.
const MAX_AGE: Duration = Duration::from_secs(1);

// === impl Operations ===

impl Operations {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0
    }

    /// Returns all that the page shows, as a tree: a field for each section.
    ///
    /// Secrets are redacted, by name and inside of texts.
    pub fn to_state(&self) -> StateTree {
        let heads = sections::heads(&self.0).into_iter();
        StateTree::fields(heads.map(|(id, _)| {
            let state = sections::state(&self.0, &id, &Query::default());
            (id, state)
        }))
    }

    /// Returns all that the page shows, as text for a terminal.
    pub fn to_text(&self) -> String {
        self.to_state().to_string()
    }

    /// Returns the document, which is at most a second old.
    ///
    /// It is complete without its script: the script renews it, filters and sorts.
    pub fn to_html(&self) -> Bytes {
        let mut rendered = self
            .0
            .rendered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.0.clock.now();
        match &*rendered {
            Some((made, document)) if now.saturating_duration_since(*made) < MAX_AGE => {
                document.clone()
            }
            _ => {
                let document = Bytes::from(page::document(&self.0, &sections::all(&self.0)));
                *rendered = Some((now, document.clone()));
                document
            }
        }
    }
}

impl fmt::Debug for Operations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operations")
            .field("service", &self.0.service)
            .finish_non_exhaustive()
    }
}

impl ShowState for Operations {
    fn show_state(&self) -> StateTree {
        self.to_state()
    }
}
