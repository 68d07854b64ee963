//! The resource and the propagators.

use std::collections::BTreeMap;

use gusset_core::ConfigError;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::Declared;
use super::node::Node;

const PROPAGATORS: [&str; 6] = ["tracecontext", "baggage", "b3", "b3multi", "jaeger", "xray"];
const TYPES: [&str; 8] = [
    "string",
    "bool",
    "int",
    "double",
    "string_array",
    "bool_array",
    "int_array",
    "double_array",
];

impl Declared {
    pub(super) fn resource(&mut self, resource: &Node<'_>) -> Result<(), ConfigError> {
        let mut listed = BTreeMap::new();
        let mut attributes = BTreeMap::new();
        for (key, node) in resource.entries()? {
            match &*key {
                "attributes" if !node.is_null() => {
                    for item in node.items()? {
                        if let Some((name, value)) = self.attribute(&item)? {
                            attributes.insert(name, value);
                        }
                    }
                }
                "attributes" => {}
                "attributes_list" => {
                    if let Some(list) = node.text()? {
                        listed = pairs(&node, &list)?;
                    }
                }
                "schema_url" => self.unsupported(&node),
                key => self.other(key, &node)?,
            }
        }
        listed.extend(attributes);
        if listed.is_empty() {
            return Ok(());
        }
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let list: Vec<_> = listed
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.set(resource, "OTEL_RESOURCE_ATTRIBUTES", Some(list.join(",")));
        Ok(())
    }

    fn attribute(&mut self, item: &Node<'_>) -> Result<Option<(String, String)>, ConfigError> {
        let (mut name, mut value, mut of_type) = (None, None, "string");
        for (key, node) in item.entries()? {
            match &*key {
                "name" => name = node.text()?,
                "value" => value = Some(node),
                "type" => of_type = node.choice(&TYPES)?.unwrap_or(of_type),
                _ => return Err(node.unknown_key()),
            }
        }
        let name = name.ok_or_else(|| item.error("the key `name` is missing"))?;
        let value = value.ok_or_else(|| item.error("the key `value` is missing"))?;
        let text = match of_type {
            "string" => value.any_text()?,
            "bool" => value.boolean()?.map(|value| value.to_string()),
            "int" | "double" => {
                value.number()?;
                value.any_text()?
            }
            _ => {
                value.items()?;
                self.unsupported(&value);
                None
            }
        };
        Ok(text.map(|text| (name, text)))
    }

    pub(super) fn propagator(&mut self, propagator: &Node<'_>) -> Result<(), ConfigError> {
        let mut names: Vec<String> = Vec::new();
        let mut listed = Vec::new();
        for (key, node) in propagator.entries()? {
            match &*key {
                "composite" if !node.is_null() => {
                    for item in node.items()? {
                        let (name, of_name) = item.one()?;
                        if PROPAGATORS.contains(&&*name) {
                            names.push(name);
                        } else {
                            self.unsupported.push(of_name.path);
                        }
                    }
                }
                "composite" => {}
                "composite_list" => {
                    for name in node.text()?.unwrap_or_default().split(',').map(str::trim) {
                        if PROPAGATORS.contains(&name) || name == "none" {
                            listed.push(name.to_owned());
                        } else if !name.is_empty() {
                            self.unsupported.push(format!("{} (`{name}`)", node.path));
                        }
                    }
                }
                _ => return Err(node.unknown_key()),
            }
        }
        for name in listed {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            self.set(propagator, "OTEL_PROPAGATORS", Some(names.join(",")));
        }
        Ok(())
    }
}

/// Returns the pairs of a list in the format of `OTEL_RESOURCE_ATTRIBUTES`.
fn pairs(node: &Node<'_>, list: &str) -> Result<BTreeMap<String, String>, ConfigError> {
    let pairs = list.split(',').filter(|pair| !pair.trim().is_empty());
    let decode = |text: &str| {
        let decoded = percent_decode_str(text.trim()).decode_utf8();
        decoded.ok().map(std::borrow::Cow::into_owned)
    };
    let pairs = pairs.enumerate().map(|(at, pair)| {
        let pair = pair.split_once('=');
        let pair = pair.and_then(|(key, value)| Some((decode(key)?, decode(value)?)));
        // Not with the text, in which a value may be secret.
        pair.ok_or_else(|| node.error(format_args!("entry {} is not `key=value`", at + 1)))
    });
    pairs.collect()
}
