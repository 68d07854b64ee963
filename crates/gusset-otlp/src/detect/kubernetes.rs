//! Kubernetes attributes, from the environment variables and files of the pod.

use gusset_data::Value;

use super::{DetectorPaths, read_trimmed};
use crate::settings::EnvReader;

/// Attributes, and the variables with which manifests commonly pass them to the container.
const VARS: &[(&str, &[&str])] = &[
    ("k8s.pod.name", &["POD_NAME", "K8S_POD_NAME", "MY_POD_NAME"]),
    ("k8s.pod.uid", &["POD_UID", "K8S_POD_UID", "MY_POD_UID"]),
    (
        "k8s.node.name",
        &["NODE_NAME", "K8S_NODE_NAME", "MY_NODE_NAME"],
    ),
    (
        "k8s.container.name",
        &["CONTAINER_NAME", "K8S_CONTAINER_NAME"],
    ),
    (
        "k8s.deployment.name",
        &["DEPLOYMENT_NAME", "K8S_DEPLOYMENT_NAME"],
    ),
    ("k8s.cluster.name", &["CLUSTER_NAME", "K8S_CLUSTER_NAME"]),
];

const NAMESPACE_VARS: &[&str] = &["POD_NAMESPACE", "K8S_NAMESPACE", "MY_POD_NAMESPACE"];

pub(super) fn detect(
    env: &EnvReader<'_>,
    paths: &DetectorPaths,
    add: &mut impl FnMut(&'static str, Value),
) {
    // Outside of Kubernetes these names may mean something else.
    if env.var("KUBERNETES_SERVICE_HOST").is_none() {
        return;
    }
    let first = |names: &[&str]| names.iter().find_map(|name| env.var(name));
    for (attribute, names) in VARS {
        if let Some(value) = first(names) {
            add(attribute, value.into());
        }
    }
    // The hostname of a pod defaults to its name.
    if first(VARS[0].1).is_none() {
        if let Some(name) = env.var("HOSTNAME") {
            add("k8s.pod.name", name.into());
        }
    }
    let namespace =
        first(NAMESPACE_VARS).or_else(|| read_trimmed(paths.service_account.join("namespace")));
    if let Some(namespace) = namespace {
        add("k8s.namespace.name", namespace.into());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gusset_core::Env;

    use super::*;

    fn detected(variables: &[(&str, &str)]) -> BTreeMap<&'static str, String> {
        let lookup = |name: &str| {
            let mut all = variables.iter();
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let paths = DetectorPaths {
            service_account: "/nowhere".into(),
            ..DetectorPaths::default()
        };
        let mut detected = BTreeMap::new();
        let env = EnvReader::new(Env::from_fn(&lookup));
        detect(&env, &paths, &mut |key, value: Value| {
            detected.insert(key, value.to_string());
        });
        detected
    }

    #[test]
    fn variables_of_the_manifest_are_read() {
        let inside = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        let all = detected(&[
            inside,
            ("HOSTNAME", "host"),
            ("POD_NAME", "shop-1"),
            ("POD_NAMESPACE", "trade"),
            ("NODE_NAME", "n1"),
            ("POD_UID", "u"),
        ]);
        let expected = [
            ("k8s.namespace.name", "trade"),
            ("k8s.node.name", "n1"),
            ("k8s.pod.name", "shop-1"),
            ("k8s.pod.uid", "u"),
        ];
        assert_eq!(
            all,
            expected.map(|(key, value)| (key, value.to_owned())).into()
        );
        assert_eq!(
            detected(&[inside, ("HOSTNAME", "shop-2")])["k8s.pod.name"],
            "shop-2"
        );
    }

    #[test]
    fn variables_are_ignored_outside_kubernetes() {
        assert!(detected(&[("POD_NAME", "a"), ("HOSTNAME", "b")]).is_empty());
    }
}
