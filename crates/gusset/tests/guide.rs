//! The guide is complete.
#![allow(clippy::unwrap_used, reason = "a test")]

/// Returns the names of the features in the manifest.
fn features() -> Vec<&'static str> {
    let manifest = include_str!("../Cargo.toml");
    let table = manifest.split("[features]").nth(1).unwrap();
    let table = table.split("\n[").next().unwrap();
    let names = table.lines().filter_map(|line| line.split_once(" = ["));
    names
        .map(|(name, _)| name)
        .filter(|name| *name != "default")
        .collect()
}

#[test]
fn guide_lists_every_feature() {
    let guide = include_str!("../../../docs/guide.md");
    let table = guide.split("## Features").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let features = features();
    assert!(features.contains(&"service") && features.contains(&"otlp-proxy"));
    for feature in features {
        assert!(table.contains(&format!("`{feature}`")), "{feature}");
    }
}

#[test]
fn links_within_the_guide_exist() {
    let guide = include_str!("../../../docs/guide.md");
    for link in guide.split("](#").skip(1) {
        let anchor = link.split(')').next().unwrap();
        let found = guide.lines().filter_map(|line| line.strip_prefix("## "));
        let mut anchors = found.map(|title| title.to_lowercase().replace(' ', "-"));
        assert!(anchors.any(|it| it == anchor), "{anchor}");
    }
}
