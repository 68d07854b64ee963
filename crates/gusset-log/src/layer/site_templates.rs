//! The templates of entries whose call sites `tracing` does not know: records of the `log` crate, and
//! ends of spans.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::{Arc, RwLock};

use tracing::{Level, Metadata};

use crate::format::template::{CallsiteTemplate, TemplateSettings};
use crate::sync::{read, write};

/// More call sites share the rate limit of their level. Targets can be made at run time, so their number
/// has no other bound.
const MAX_SITES: usize = 4096;

/// Templates by level, target, file and line.
///
/// `tracing-log` has one callsite for each level, whose metadata say nothing about the record. Its target,
/// file and line are fields.
#[derive(Default)]
pub(super) struct SiteTemplates {
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

// === impl SiteTemplates ===

impl SiteTemplates {
    /// Returns the template of an entry. It has no rate limit of its own if there are too many call sites.
    pub(super) fn find(
        &self,
        settings: &TemplateSettings<'_>,
        metadata: &Metadata<'_>,
    ) -> Arc<CallsiteTemplate> {
        let key = (metadata.target(), metadata.file(), metadata.line());
        let hash = self.hasher.hash_one((metadata.level(), key));
        let templates = read(&self.templates);
        let is_taken = match templates.get(&hash) {
            Some((site, template)) if site.is_of(metadata) => return template.clone(),
            other => other.is_some(),
        };
        let is_full = is_taken || templates.len() >= MAX_SITES;
        drop(templates);
        if is_full {
            let settings = TemplateSettings {
                rate_limit: None,
                ..*settings
            };
            return Arc::new(CallsiteTemplate::new(&settings, metadata));
        }
        let template = Arc::new(CallsiteTemplate::new(settings, metadata));
        let mut templates = write(&self.templates);
        let added = || (Site::new(metadata), template.clone());
        match templates.entry(hash).or_insert_with(added) {
            // Another thread may have added it first, whose rate limit counts.
            (site, known) if site.is_of(metadata) => known.clone(),
            _ => template,
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
