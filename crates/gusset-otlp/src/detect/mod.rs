//! Detection of resource attributes, without network access.

mod container;
mod kubernetes;
mod process;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use gusset_data::{Attribute, Resource, SharedStr, Value};

use crate::settings::EnvReader;

/// The directories that the detectors read. Tests use others.
#[derive(Clone, Debug)]
pub(crate) struct DetectorPaths {
    pub(crate) proc: PathBuf,
    pub(crate) etc: PathBuf,
    /// The directory of the service account in Kubernetes.
    pub(crate) service_account: PathBuf,
}

/// Detected attributes, sorted by key.
pub(crate) type DetectedAttributes = BTreeMap<SharedStr, Value>;

// === impl DetectorPaths ===

impl Default for DetectorPaths {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
            etc: "/etc".into(),
            service_account: "/var/run/secrets/kubernetes.io/serviceaccount".into(),
        }
    }
}

/// Runs all detectors.
pub(crate) fn detect(env: &EnvReader<'_>, paths: &DetectorPaths) -> DetectedAttributes {
    let mut detected = DetectedAttributes::new();
    let mut add = |key: &'static str, value: Value| {
        detected.insert(key.into(), value);
    };
    add("telemetry.sdk.name", "gusset".into());
    add("telemetry.sdk.language", "rust".into());
    add("telemetry.sdk.version", env!("CARGO_PKG_VERSION").into());
    add("telemetry.distro.name", "gusset".into());
    add("telemetry.distro.version", env!("CARGO_PKG_VERSION").into());
    // A new id for each pipeline, so that concurrent instances can be distinguished.
    let instance = uuid::Uuid::new_v4();
    add("service.instance.id", instance.to_string().into());
    process::detect(paths, &mut add);
    if let Some(id) = container::detect_id(&paths.proc) {
        add("container.id", id.into());
    }
    kubernetes::detect(env, paths, &mut add);
    detected
}

/// Merges the attributes: `overrides` override the environment, which overrides the detected ones.
///
/// Returns them as a resource, and as attributes with their types.
pub(crate) fn merge(
    mut detected: DetectedAttributes,
    env: &EnvReader<'_>,
    overrides: Option<&Resource>,
) -> (Resource, Arc<[Attribute]>) {
    let environment = Resource::from_env_fn(|name| env.var(name));
    for resource in [Some(&environment), overrides].into_iter().flatten() {
        for (key, value) in resource.attributes() {
            // The default name must not override one that was set.
            if key == "service.name" && value.starts_with("unknown_service") {
                detected
                    .entry("service.name".into())
                    .or_insert_with(|| value.to_owned().into());
                continue;
            }
            detected.insert(key.to_owned().into(), value.to_owned().into());
        }
    }
    let mut resource = Resource::new();
    for (key, value) in &detected {
        resource = resource.with(key.clone(), value.to_string());
    }
    (resource, detected.into_iter().collect())
}

/// Returns the trimmed content of a file, or `None` if it cannot be read or is empty.
fn read_trimmed(path: PathBuf) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use gusset_core::Env;

    use super::*;

    fn value<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a Value> {
        attributes
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    #[test]
    fn configured_attributes_override_detected_ones() {
        let lookup = |name: &str| match name {
            "OTEL_RESOURCE_ATTRIBUTES" => {
                Some("service.instance.id=mine,host.name=env,process.pid=7".to_owned())
            }
            "OTEL_SERVICE_NAME" => Some("shop".to_owned()),
            _ => None,
        };
        let env = EnvReader::new(Env::from_fn(&lookup));
        // Its default `service.name` must not override the variable.
        let overrides = Resource::from_env_fn(|_| None).with("host.name", "code");
        let detected = detect(&env, &DetectorPaths::default());
        let (resource, attributes) = merge(detected, &env, Some(&overrides));
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
    fn pid_is_a_number_and_arguments_are_absent() {
        let env = EnvReader::new(Env::from_fn(&|_| None));
        let (_, attributes) = merge(detect(&env, &DetectorPaths::default()), &env, None);
        let pid = i64::from(std::process::id());
        assert_eq!(value(&attributes, "process.pid"), Some(&Value::Int(pid)));
        assert!(attributes.iter().all(|(key, _)| !key.contains("command")));
    }

    #[test]
    fn detectors_read_only_the_given_paths() {
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
            ("service_account/namespace", "trade".to_owned()),
        ] {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let paths = DetectorPaths {
            proc: root.join("proc"),
            etc: root.join("etc"),
            service_account: root.join("service_account"),
        };
        let lookup =
            |name: &str| (name == "KUBERNETES_SERVICE_HOST").then(|| "10.0.0.1".to_owned());
        let env = EnvReader::new(Env::from_fn(&lookup));
        let detected = detect(&env, &paths);
        let nothing = detect(
            &env,
            &DetectorPaths {
                proc: root.join("nowhere"),
                etc: root.join("nowhere"),
                service_account: root.join("nowhere"),
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
            assert_eq!(detected[key].to_string(), value);
            assert!(!nothing.contains_key(key), "{key}");
        }
    }

    #[test]
    fn instance_ids_are_unique() {
        let env = EnvReader::new(Env::from_fn(&|_| None));
        let id = || detect(&env, &DetectorPaths::default()).remove("service.instance.id");
        assert_ne!(id(), id());
    }
}
