//! Checks the required fields in the manifest of each published crate.

use crate::Result;
use crate::workspace::{DocsRs, Package, Workspace};

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let problems: Vec<String> = workspace.published().flat_map(problems).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("; ").into())
    }
}

fn problems(package: &Package) -> Vec<String> {
    let Package {
        name,
        description,
        license,
        readme,
        rust_version,
        keywords,
        ..
    } = package;
    let mut problems: Vec<String> = [
        ("description", description.is_some()),
        ("license", license.is_some()),
        ("readme", readme.is_some()),
        ("rust-version", rust_version.is_some()),
        ("keywords", !keywords.is_empty()),
        (
            "package.metadata.docs.rs.all-features",
            package.docs_rs().is_some_and(|docs| docs.all_features),
        ),
        (
            "package.metadata.docs.rs.rustdoc-args",
            package.docs_rs().is_some_and(has_docsrs_cfg),
        ),
    ]
    .into_iter()
    .filter(|(_, is_set)| !is_set)
    .map(|(field, _)| format!("{name}: `{field}` is missing"))
    .collect();

    // `cargo metadata` does not check that the file exists, only `cargo package` does.
    let missing = readme
        .iter()
        .find(|readme| !package.folder().join(readme).is_file());
    problems.extend(missing.map(|readme| format!("{name}: `{}` is not a file", readme.display())));
    problems
}

/// Returns whether docs.rs sets `--cfg docsrs`, with which pages show the feature of each item.
fn has_docsrs_cfg(docs: &DocsRs) -> bool {
    docs.rustdoc_args
        .windows(2)
        .any(|pair| pair == ["--cfg", "docsrs"])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Returns a complete manifest, in the folder of xtask.
    fn complete() -> Package {
        with_docs_rs(r#"{"all-features": true, "rustdoc-args": ["--cfg", "docsrs"]}"#)
    }

    fn with_docs_rs(metadata: &str) -> Package {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let json = format!(
            r#"{{"name": "gusset", "description": "d", "license": "MIT", "readme": "Cargo.toml", "rust_version": "1.85",
                "keywords": ["k"], "manifest_path": {manifest:?}, "features": {{}}, "dependencies": [],
                "metadata": {{"docs": {{"rs": {metadata}}}}}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn complete_manifest_has_no_problems() {
        assert_eq!(problems(&complete()), Vec::<String>::new());
    }

    #[test]
    fn each_missing_field_is_reported() {
        let mut bare = complete();
        (
            bare.description,
            bare.license,
            bare.readme,
            bare.rust_version,
        ) = (None, None, None, None);
        bare.keywords.clear();
        let fields = [
            "description",
            "license",
            "readme",
            "rust-version",
            "keywords",
        ];
        assert_eq!(
            problems(&bare),
            fields.map(|field| format!("gusset: `{field}` is missing"))
        );
    }

    #[test]
    fn docs_rs_settings_are_required() {
        let all_features = "gusset: `package.metadata.docs.rs.all-features` is missing";
        let rustdoc_args = "gusset: `package.metadata.docs.rs.rustdoc-args` is missing";
        assert_eq!(
            problems(&with_docs_rs("null")),
            [all_features, rustdoc_args]
        );
        assert_eq!(
            problems(&with_docs_rs(r#"{"all-features": true}"#)),
            [rustdoc_args]
        );
        assert_eq!(
            problems(&with_docs_rs(
                r#"{"all-features": false, "rustdoc-args": ["--cfg", "docsrs"]}"#
            )),
            [all_features]
        );
        assert_eq!(
            problems(&with_docs_rs(
                r#"{"all-features": true, "rustdoc-args": ["docsrs", "--cfg"]}"#
            )),
            [rustdoc_args]
        );
    }

    #[test]
    fn missing_readme_file_is_reported() {
        let mut package = complete();
        package.readme = Some("README.md".into());
        assert_eq!(problems(&package), ["gusset: `README.md` is not a file"]);
    }
}
