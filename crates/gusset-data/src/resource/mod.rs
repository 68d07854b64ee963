//! What telemetry is of: the service, its version, where it runs.

mod attributes;

use std::collections::BTreeMap;

/// The attributes of the thing that telemetry is of, in OpenTelemetry's spelling: `service.name`,
/// `service.version`, `deployment.environment.name`.
///
/// ```
/// use gusset_data::Resource;
///
/// let resource = Resource::from_lookup(|name| match name {
///     "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
///     "OTEL_RESOURCE_ATTRIBUTES" => Some("service.name=ignored,team=blue%2Cgreen".to_owned()),
///     _ => None,
/// })
/// .with("service.version", "1.2.3");
///
/// let attributes: Vec<_> = resource.attributes().collect();
/// assert!(attributes.contains(&("service.name", "shop")));
/// assert!(attributes.contains(&("service.version", "1.2.3")));
/// assert!(attributes.contains(&("team", "blue,green")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    attributes: BTreeMap<String, String>,
}

// === impl Resource ===

impl Resource {
    /// A resource of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// The resource as the environment describes it; see [`from_lookup`](Self::from_lookup).
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The resource as `lookup` describes it, a function from the name of a variable to its value.
    /// An empty value is no value.
    ///
    /// - `OTEL_RESOURCE_ATTRIBUTES`: `key=value,key=value`, percent-encoded. If any part of it is
    ///   malformed all of it is discarded, with a warning through `tracing`, as OpenTelemetry
    ///   demands: half a description is worse than none.
    /// - `OTEL_SERVICE_NAME`: `service.name`, above the variable before.
    /// - Without either, `service.name` is `unknown_service:` and the name of the executable.
    ///
    /// `telemetry.distro.name` and `telemetry.distro.version` say that gusset wrote this. Attributes
    /// added with [`with`](Self::with) are above all of these.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let lookup = |name| lookup(name).filter(|value| !value.is_empty());
        let mut attributes = BTreeMap::new();
        if let Some(list) = lookup("OTEL_RESOURCE_ATTRIBUTES") {
            match attributes::parse(&list) {
                Ok(parsed) => attributes = parsed,
                // Neither key nor value: what is misplaced may be a secret.
                Err(error) => tracing::warn!(%error, "OTEL_RESOURCE_ATTRIBUTES is discarded"),
            }
        }
        if let Some(name) = lookup("OTEL_SERVICE_NAME") {
            attributes.insert("service.name".to_owned(), name);
        }
        attributes
            .entry("service.name".to_owned())
            .or_insert_with(unknown_service);
        Self { attributes }
            .with("telemetry.distro.name", "gusset")
            .with("telemetry.distro.version", env!("CARGO_PKG_VERSION"))
    }

    /// Adds an attribute, or replaces the one with this key.
    #[must_use = "returns the resource with the attribute"]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.insert(key.into(), value.into());
        self
    }

    /// The attributes, in the order of their keys.
    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        self.attributes
            .iter()
            .map(|(key, value)| (&**key, &**value))
    }
}

fn unknown_service() -> String {
    let executable = std::env::current_exe().ok();
    match executable.as_deref().and_then(std::path::Path::file_name) {
        Some(name) => format!("unknown_service:{}", name.to_string_lossy()),
        None => "unknown_service".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Resource {
        Resource::from_lookup(|name| {
            let mut known = variables.iter();
            known
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn value(resource: &Resource, key: &str) -> Option<String> {
        resource.attributes.get(key).cloned()
    }

    #[test]
    fn the_service_name_variable_is_above_the_list() {
        let list = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=list,a=b");
        let resource = from(&[list, ("OTEL_SERVICE_NAME", "name")]);
        assert_eq!(value(&resource, "service.name").unwrap(), "name");
        assert_eq!(value(&resource, "a").unwrap(), "b");
        assert_eq!(value(&from(&[list]), "service.name").unwrap(), "list");
    }

    #[test]
    fn code_is_above_the_environment() {
        let resource = from(&[("OTEL_SERVICE_NAME", "name")]).with("service.name", "code");
        assert_eq!(value(&resource, "service.name").unwrap(), "code");
    }

    #[test]
    fn a_malformed_list_is_discarded_as_a_whole() {
        let resource = from(&[("OTEL_RESOURCE_ATTRIBUTES", "a=b,c=%zz")]);
        assert_eq!(value(&resource, "a"), None);
        assert!(
            value(&resource, "service.name")
                .unwrap()
                .starts_with("unknown_service:")
        );
    }

    #[test]
    fn an_empty_variable_is_no_variable() {
        let resource = from(&[("OTEL_SERVICE_NAME", ""), ("OTEL_RESOURCE_ATTRIBUTES", "")]);
        assert!(
            value(&resource, "service.name")
                .unwrap()
                .starts_with("unknown_service:")
        );
    }
}
