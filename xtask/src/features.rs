//! The feature sets with which each crate must build alone.

use std::collections::BTreeMap;

/// The flags of one build each: no feature, each feature alone, the default ones.
///
/// All features together is what the steps over the whole workspace build.
pub(crate) fn sets(features: &BTreeMap<String, Vec<String>>) -> Vec<Vec<&str>> {
    let mut sets = vec![vec!["--no-default-features"]];
    for feature in features.keys().filter(|feature| *feature != "default") {
        sets.push(vec!["--no-default-features", "--features", feature]);
    }
    // Without default features, the default is the first set again.
    if features
        .get("default")
        .is_some_and(|default| !default.is_empty())
    {
        sets.push(Vec::new());
    }
    sets
}

/// What a set is called in the table of steps.
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
    fn a_crate_without_features_is_built_once() {
        assert_eq!(named(&[]), ["no features"]);
    }

    #[test]
    fn each_feature_is_built_without_the_others() {
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
    fn an_empty_default_is_not_built_twice() {
        assert_eq!(
            named(&[("axum", &[]), ("default", &[])]),
            ["no features", "only axum"]
        );
    }

    #[test]
    fn a_feature_alone_is_without_the_default_ones() {
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
