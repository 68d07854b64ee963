//! The templates of the records of the `log` crate.

use std::collections::HashMap;
use std::collections::hash_map::{Entry, RandomState};
use std::hash::BuildHasher as _;
use std::sync::{Arc, RwLock};

use tracing::{Level, Metadata};

use crate::format::template::{CallsiteTemplate, TemplateSettings};
use crate::sync::{read, write};

/// More call sites share the rate limit of their level. Targets can be made at run time, so their number
/// has no other bound.
const MAX_SITES: usize = 4096;

/// The templates of the call sites of the `log` crate.
///
/// `tracing-log` has one callsite for each level, whose metadata say nothing about the record. Its target,
/// file and line are fields.
#[derive(Default)]
pub(super) struct LogSites {
    /// By the hash of the site, so that a look-up copies no text.
    templates: RwLock<HashMap<u64, (Site, Arc<CallsiteTemplate>)>>,
    hasher: RandomState,
}

struct Site {
    level: Level,
    target: Box<str>,
    file: Option<Box<str>>,
    line: Option<u32>,
}

// === impl LogSites ===

impl LogSites {
    /// Returns the template of a record. It has no rate limit if there are too many call sites.
    pub(super) fn find(
        &self,
        settings: &TemplateSettings<'_>,
        metadata: &Metadata<'_>,
    ) -> Arc<CallsiteTemplate> {
        let key = (metadata.target(), metadata.file(), metadata.line());
        let hash = self.hasher.hash_one((metadata.level(), key));
        if let Some((site, template)) = read(&self.templates).get(&hash) {
            if site.is_of(metadata) {
                return template.clone();
            }
        }
        let template = Arc::new(CallsiteTemplate::new(settings, metadata));
        let mut templates = write(&self.templates);
        let is_full = templates.len() >= MAX_SITES;
        match templates.entry(hash) {
            Entry::Occupied(entry) if entry.get().0.is_of(metadata) => entry.get().1.clone(),
            Entry::Vacant(entry) if !is_full => {
                entry.insert((Site::new(metadata), template.clone()));
                template
            }
            _ => {
                drop(templates);
                let settings = TemplateSettings {
                    rate_limit: None,
                    ..*settings
                };
                Arc::new(CallsiteTemplate::new(&settings, metadata))
            }
        }
    }
}

// === impl Site ===

impl Site {
    fn new(metadata: &Metadata<'_>) -> Self {
        Self {
            level: *metadata.level(),
            target: metadata.target().into(),
            file: metadata.file().map(Into::into),
            line: metadata.line(),
        }
    }

    fn is_of(&self, metadata: &Metadata<'_>) -> bool {
        self.level == *metadata.level()
            && *self.target == *metadata.target()
            && self.file.as_deref() == metadata.file()
            && self.line == metadata.line()
    }
}
