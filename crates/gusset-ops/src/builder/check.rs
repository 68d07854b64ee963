//! What makes settings invalid.

use std::collections::HashSet;

use gusset_core::ConfigError;

use super::OperationsBuilder;
use crate::sections::OWN;
use crate::tasks::Task;

// === impl OperationsBuilder ===

impl OperationsBuilder {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_names("part", self.parts.iter().map(|(name, _)| &**name))?;
        check_names("task", self.tasks.iter().map(Task::name))?;
        let settings = self.settings.iter();
        check_names("setting", settings.map(|setting| &**setting.name()))?;
        for (name, _) in &self.parts {
            if OWN.contains(&&**name) {
                let problem = format_args!("`{name}` is a section of the page");
                return Err(ConfigError::new("part", problem));
            }
        }
        for (title, url) in &self.links {
            // A browser would run `javascript:`, and `//` is another host.
            let is_path = url.starts_with('/') && !url.starts_with("//");
            if !is_path && !url.starts_with("https://") && !url.starts_with("http://") {
                let problem = format_args!("`{title}` is neither `http` nor `https` nor a path");
                return Err(ConfigError::new("link", problem));
            }
        }
        if !self.charts.is_empty() && self.history.is_none() {
            return Err(ConfigError::new("history", "charts need one"));
        }
        if self.token.is_none() {
            if !self.tasks.is_empty() {
                return Err(ConfigError::new("token", "tasks need one"));
            }
            if !self.settings.is_empty() {
                return Err(ConfigError::new("token", "settings need one"));
            }
        }
        Ok(())
    }
}

fn check_names<'a>(setting: &str, names: impl Iterator<Item = &'a str>) -> Result<(), ConfigError> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let mut known = HashSet::new();
    for name in names {
        if name.is_empty() || !name.bytes().all(is_allowed) {
            let problem = format_args!(
                "`{}` is not made of lower-case letters, digits and `-`",
                name.escape_default()
            );
            return Err(ConfigError::new(setting, problem));
        }
        if !known.insert(name) {
            let problem = format_args!("`{name}` is there twice");
            return Err(ConfigError::new(setting, problem));
        }
    }
    Ok(())
}
