//! The settings as a part of a report or a page.

use gusset_data::{ShowState, StateTree};
use serde_json::Value;

use super::EffectiveConfig;
use super::schema::is_secret;

impl ShowState for EffectiveConfig {
    /// Returns the settings that were set, each with its source. Secrets are left out; sections that code configures too
    /// are named.
    fn show_state(&self) -> StateTree {
        let settings = self.set().map(|(path, value, source)| {
            let value = match is_secret(path) {
                true => "secret".into(),
                false => tree(value),
            };
            StateTree::fields([
                ("setting", path.to_owned().into()),
                ("value", value),
                ("source", source.to_string().into()),
            ])
        });
        let code = self.code().map(StateTree::from);
        StateTree::fields([
            ("set", StateTree::list(settings)),
            ("also configured by code", StateTree::list(code)),
        ])
    }
}

fn tree(value: &Value) -> StateTree {
    match value {
        Value::Null => StateTree::Unknown,
        Value::String(text) => text.clone().into(),
        Value::Bool(value) => (*value).into(),
        // As it was written: lists, tables and numbers.
        other => other.to_string().into(),
    }
}
