//! What telemetry is of, as far as it can be read where it runs, without a network.

mod container;
mod kubernetes;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gusset_export::{Attribute, Resource, Text, Value};

use crate::settings::Env;

/// Where things are read from; tests have their own.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) proc: PathBuf,
    pub(crate) etc: PathBuf,
    /// Where Kubernetes puts the account of the service.
    pub(crate) account: PathBuf,
}

/// Attributes in the order of their keys.
pub(crate) type Found = BTreeMap<Text, Value>;

// === impl Places ===

impl Default for Places {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
            etc: "/etc".into(),
            account: "/var/run/secrets/kubernetes.io/serviceaccount".into(),
        }
    }
}

/// All that can be found out.
pub(crate) fn detect(env: &Env<'_>, places: &Places) -> Found {
    let mut found = Found::new();
    let mut put = |key: &'static str, value: Value| {
        found.insert(key.into(), value);
    };
    put("telemetry.sdk.name", "gusset".into());
    put("telemetry.sdk.language", "rust".into());
    put("telemetry.sdk.version", env!("CARGO_PKG_VERSION").into());
    put("telemetry.distro.name", "gusset".into());
    put("telemetry.distro.version", env!("CARGO_PKG_VERSION").into());
    // Another one each time: two that run at once must not be taken for one.
    let instance = uuid::Uuid::new_v4();
    put("service.instance.id", instance.to_string().into());
    process::detect(places, &mut put);
    if let Some(id) = container::id(&places.proc) {
        put("container.id", id.into());
    }
    kubernetes::detect(env, places, &mut put);
    found
}

/// What was detected, below the environment, below code; as the resource and as attributes, numbers
/// being numbers there.
pub(crate) fn merge(
    mut found: Found,
    env: &Env<'_>,
    code: Option<&Resource>,
) -> (Resource, Arc<[Attribute]>) {
    let said = Resource::from_lookup(|name| env.text(name));
    for resource in [Some(&said), code].into_iter().flatten() {
        for (key, value) in resource.attributes() {
            // A name that nobody gave is below one that somebody did.
            if key == "service.name" && value.starts_with("unknown_service") {
                found
                    .entry("service.name".into())
                    .or_insert_with(|| value.to_owned().into());
                continue;
            }
            found.insert(key.to_owned().into(), value.to_owned().into());
        }
    }
    let mut resource = Resource::new();
    for (key, value) in &found {
        resource = resource.with(key.clone(), value.to_string());
    }
    (resource, found.into_iter().collect())
}

fn read(path: PathBuf) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a Value> {
        attributes
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    #[test]
    fn what_is_said_is_above_what_is_found() {
        let lookup = |name: &str| match name {
            "OTEL_RESOURCE_ATTRIBUTES" => {
                Some("service.instance.id=mine,host.name=env,process.pid=7".to_owned())
            }
            "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
            _ => None,
        };
        let env = Env::new(&lookup);
        // Made without a word on the name, so its own guess must not hide the variable's.
        let code = Resource::from_lookup(|_| None).with("host.name", "code");
        let found = detect(&env, &Places::default());
        let (resource, attributes) = merge(found, &env, Some(&code));
        let text = |key| value(&attributes, key).map(ToString::to_string);
        assert_eq!(text("service.name").unwrap(), "shop");
        assert_eq!(text("service.instance.id").unwrap(), "mine");
        assert_eq!(text("host.name").unwrap(), "code");
        assert_eq!(text("telemetry.sdk.language").unwrap(), "rust");
        assert!(
            resource
                .attributes()
                .any(|pair| pair == ("host.name", "code"))
        );
    }

    #[test]
    fn the_pid_is_a_number_and_arguments_are_no_part() {
        let env = Env::new(&|_| None);
        let (_, attributes) = merge(detect(&env, &Places::default()), &env, None);
        let pid = i64::from(std::process::id());
        assert_eq!(value(&attributes, "process.pid"), Some(&Value::I64(pid)));
        assert!(attributes.iter().all(|(key, _)| !key.contains("command")));
    }

    #[test]
    fn two_that_run_at_once_are_told_apart() {
        let env = Env::new(&|_| None);
        let id = || detect(&env, &Places::default()).remove("service.instance.id");
        assert_ne!(id(), id());
    }
}
