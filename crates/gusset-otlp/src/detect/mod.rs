//! What telemetry is of, as far as it can be read where it runs, without a network.

mod container;
mod kubernetes;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gusset_data::{Attribute, Resource, SharedStr, Value};

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
pub(crate) type Found = BTreeMap<SharedStr, Value>;

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
        assert_eq!(value(&attributes, "process.pid"), Some(&Value::Int(pid)));
        assert!(attributes.iter().all(|(key, _)| !key.contains("command")));
    }

    #[test]
    fn all_is_read_from_where_it_is_said_to_be() {
        let root = std::env::temp_dir().join(format!("gusset-detect-{}", std::process::id()));
        let id = "0123456789abcdef".repeat(4);
        for (path, text) in [
            (
                "proc/self/cgroup",
                format!("0::/system.slice/docker-{id}.scope\n"),
            ),
            ("proc/sys/kernel/hostname", "here\n".to_owned()),
            ("proc/sys/kernel/osrelease", "6.1.0\n".to_owned()),
            ("etc/machine-id", "abc\n".to_owned()),
            (
                "proc/self/status",
                "Name:\tshop\nUid:\t1000\t1001\t1000\t1000\n".to_owned(),
            ),
            (
                "etc/passwd",
                "root:x:0:0::/:\na:x:1000:1::/:\nclerk:x:1001:1::/:\n".to_owned(),
            ),
            ("account/namespace", "trade".to_owned()),
        ] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let places = Places {
            proc: root.join("proc"),
            etc: root.join("etc"),
            account: root.join("account"),
        };
        let env = |name: &str| (name == "KUBERNETES_SERVICE_HOST").then(|| "10.0.0.1".to_owned());
        let found = detect(&Env::new(&env), &places);
        let nothing = detect(
            &Env::new(&env),
            &Places {
                proc: root.join("nowhere"),
                etc: root.join("nowhere"),
                account: root.join("nowhere"),
            },
        );
        std::fs::remove_dir_all(root).unwrap();
        for (key, value) in [
            ("container.id", id.as_str()),
            ("host.name", "here"),
            ("host.id", "abc"),
            ("os.version", "6.1.0"),
            ("process.owner", "clerk"),
            ("k8s.namespace.name", "trade"),
        ] {
            assert_eq!(found[key].to_string(), value);
            assert!(!nothing.contains_key(key), "{key}");
        }
    }

    #[test]
    fn two_that_run_at_once_are_told_apart() {
        let env = Env::new(&|_| None);
        let id = || detect(&env, &Places::default()).remove("service.instance.id");
        assert_ne!(id(), id());
    }
}
