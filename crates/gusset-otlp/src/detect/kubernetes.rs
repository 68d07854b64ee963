//! Kubernetes, as the pod's own description hands it down.

use gusset_data::Value;

use super::{Places, read};
use crate::settings::Env;

/// Attributes, and the variables under which manifests commonly hand them down.
const HANDED: &[(&str, &[&str])] = &[
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

const NAMESPACE: &[&str] = &["POD_NAMESPACE", "K8S_NAMESPACE", "MY_POD_NAMESPACE"];

pub(super) fn detect(env: &Env<'_>, places: &Places, put: &mut impl FnMut(&'static str, Value)) {
    // Elsewhere these names stand for other things.
    if env.text("KUBERNETES_SERVICE_HOST").is_none() {
        return;
    }
    let first = |names: &[&str]| names.iter().find_map(|name| env.text(name));
    for (attribute, names) in HANDED {
        if let Some(value) = first(names) {
            put(attribute, value.into());
        }
    }
    // A pod's host is called as the pod, unless it was given another name.
    if first(HANDED[0].1).is_none() {
        if let Some(name) = env.text("HOSTNAME") {
            put("k8s.pod.name", name.into());
        }
    }
    let namespace = first(NAMESPACE).or_else(|| read(places.account.join("namespace")));
    if let Some(namespace) = namespace {
        put("k8s.namespace.name", namespace.into());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn found(variables: &[(&str, &str)]) -> BTreeMap<&'static str, String> {
        let lookup = |name: &str| {
            let mut all = variables.iter();
            all.find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        let places = Places {
            account: "/nowhere".into(),
            ..Places::default()
        };
        let mut found = BTreeMap::new();
        detect(&Env::new(&lookup), &places, &mut |key, value: Value| {
            found.insert(key, value.to_string());
        });
        found
    }

    #[test]
    fn what_a_manifest_hands_down_is_found() {
        let inside = ("KUBERNETES_SERVICE_HOST", "10.0.0.1");
        let all = found(&[
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
            found(&[inside, ("HOSTNAME", "shop-2")])["k8s.pod.name"],
            "shop-2"
        );
    }

    #[test]
    fn elsewhere_these_variables_mean_nothing() {
        assert!(found(&[("POD_NAME", "a"), ("HOSTNAME", "b")]).is_empty());
    }
}
