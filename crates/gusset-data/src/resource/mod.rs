//! The resource: the service that telemetry describes, its version and where it runs.

mod attributes;

use std::collections::BTreeMap;

use gusset_core::Env;

/// The target of all log events of this module.
const TARGET: &str = "gusset::resource";

/// The attributes of the entity that produces telemetry, for example `service.name`,
/// `service.version` and `deployment.environment.name`.
///
/// ```
/// use gusset_data::Resource;
///
/// let resource = Resource::from_env_fn(|name| match name {
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
    /// Creates a resource without attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the resource from the environment of the process; see
    /// [`from_env_fn`](Self::from_env_fn).
    pub fn from_env() -> Self {
        Self::from_env_in(Env::process())
    }

    /// Reads the resource from an environment given as a function from the name of a variable to its
    /// value. An empty variable counts as unset.
    ///
    /// - `OTEL_RESOURCE_ATTRIBUTES`: `key=value,key=value`, percent-encoded. If any entry is malformed,
    ///   the whole list is discarded and a warning is logged, as OpenTelemetry specifies.
    /// - `OTEL_SERVICE_NAME`: `service.name`. Overrides the other variable.
    ///
    /// `service.name` defaults to `unknown_service:` and the name of the executable.
    /// `telemetry.distro.name` and `telemetry.distro.version` identify gusset. Attributes added with
    /// [`with`](Self::with) override all of these.
    pub fn from_env_fn(var: impl Fn(&str) -> Option<String>) -> Self {
        Self::from_env_in(Env::from_fn(&var))
    }

    /// Reads the resource from `env`; see [`from_env_fn`](Self::from_env_fn).
    pub fn from_env_in(env: Env<'_>) -> Self {
        let var = |name| match env.var(name) {
            Ok(value) => value,
            Err(error) => {
                tracing::warn!(
                    target: TARGET,
                    "ignoring a variable, telemetry has none of its attributes: {error}"
                );
                None
            }
        };
        let mut attributes = BTreeMap::new();
        if let Some(list) = var("OTEL_RESOURCE_ATTRIBUTES") {
            match attributes::parse(&list) {
                Ok(parsed) => attributes = parsed,
                // The error shows neither key nor value: a misplaced one may be a secret.
                Err(error) => tracing::warn!(
                    target: TARGET,
                    "ignoring OTEL_RESOURCE_ATTRIBUTES, telemetry has none of its attributes: {error}"
                ),
            }
        }
        if let Some(name) = var("OTEL_SERVICE_NAME") {
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

    /// Returns the attributes, sorted by key.
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
        Resource::from_env_fn(|name| {
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
    fn service_name_variable_overrides_the_list() {
        let list = ("OTEL_RESOURCE_ATTRIBUTES", "service.name=list,a=b");
        let resource = from(&[list, ("OTEL_SERVICE_NAME", "name")]);
        assert_eq!(value(&resource, "service.name").unwrap(), "name");
        assert_eq!(value(&resource, "a").unwrap(), "b");
        assert_eq!(value(&from(&[list]), "service.name").unwrap(), "list");
    }

    #[test]
    fn code_overrides_the_environment() {
        let resource = from(&[("OTEL_SERVICE_NAME", "name")]).with("service.name", "code");
        assert_eq!(value(&resource, "service.name").unwrap(), "code");
    }

    #[test]
    fn malformed_list_is_discarded_entirely() {
        let resource = from(&[("OTEL_RESOURCE_ATTRIBUTES", "a=b,c=%zz")]);
        assert_eq!(value(&resource, "a"), None);
        assert!(
            value(&resource, "service.name")
                .unwrap()
                .starts_with("unknown_service:")
        );
    }

    #[test]
    fn empty_variable_is_unset() {
        let resource = from(&[("OTEL_SERVICE_NAME", ""), ("OTEL_RESOURCE_ATTRIBUTES", "")]);
        assert!(
            value(&resource, "service.name")
                .unwrap()
                .starts_with("unknown_service:")
        );
    }
}
