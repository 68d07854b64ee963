//! The feature sets that each crate is built with.

use std::collections::BTreeMap;

/// Returns the flags of each build: no features, each feature alone, the default features.
///
/// The steps for the whole workspace build all features together.
pub(crate) fn sets(features: &BTreeMap<String, Vec<String>>) -> Vec<Vec<&str>> {
    let mut sets = vec![vec!["--no-default-features"]];
    for feature in features.keys().filter(|feature| *feature != "default") {
        sets.push(vec!["--no-default-features", "--features", feature]);
    }
    // An empty default is the same as the first set.
    if features
        .get("default")
        .is_some_and(|default| !default.is_empty())
    {
        sets.push(Vec::new());
    }
    sets
}

/// Returns the label of a set in the table of steps.
pub(crate) fn name(set: &[&str]) -> String {
    match set {
        [] => "default features".into(),
        [_, _, feature] => format!("only {feature}"),
        _ => "no features".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(features: &[(&str, &[&str])]) -> Vec<String> {
        let owned = |names: &[&str]| names.iter().copied().map(String::from).collect();
        let features: BTreeMap<String, Vec<String>> = features
            .iter()
            .map(|(name, implied)| ((*name).into(), owned(implied)))
            .collect();
        sets(&features).iter().map(|set| name(set)).collect()
    }

    #[test]
    fn crate_without_features_is_built_once() {
        assert_eq!(named(&[]), ["no features"]);
    }

    #[test]
    fn each_feature_is_built_alone() {
        let built = named(&[
            ("axum", &["dep:axum"]),
            ("default", &["axum"]),
            ("metrics", &[]),
        ]);
        assert_eq!(
            built,
            [
                "no features",
                "only axum",
                "only metrics",
                "default features"
            ]
        );
    }

    #[test]
    fn empty_default_is_not_built_twice() {
        assert_eq!(
            named(&[("axum", &[]), ("default", &[])]),
            ["no features", "only axum"]
        );
    }

    #[test]
    fn single_feature_excludes_default_features() {
        let features = BTreeMap::from([("axum".to_owned(), Vec::new())]);
        assert_eq!(
            sets(&features),
            [
                vec!["--no-default-features"],
                vec!["--no-default-features", "--features", "axum"]
            ]
        );
    }
}
