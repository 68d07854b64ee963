//! What the manifest of a published crate must tell.

use crate::Result;
use crate::workspace::{Package, Workspace};

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let faults: Vec<String> = workspace.published().flat_map(faults).collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults.join("; ").into())
    }
}

fn faults(package: &Package) -> Vec<String> {
    let Package {
        name,
        description,
        license,
        readme,
        rust_version,
        keywords,
        ..
    } = package;
    let mut faults: Vec<String> = [
        ("description", description.is_some()),
        ("license", license.is_some()),
        ("readme", readme.is_some()),
        ("rust-version", rust_version.is_some()),
        ("keywords", !keywords.is_empty()),
    ]
    .into_iter()
    .filter(|(_, told)| !told)
    .map(|(field, _)| format!("{name} has no {field}"))
    .collect();

    // Cargo repeats the path from the manifest, and looks for the file only when it packages.
    let missing = readme
        .iter()
        .find(|readme| !package.folder().join(readme).is_file());
    faults.extend(missing.map(|readme| format!("{name}: {} is not a file", readme.display())));
    faults
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The manifest of xtask stands for one that is complete: its folder has a file to read.
    fn complete() -> Package {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let json = format!(
            r#"{{"name": "gusset", "description": "d", "license": "MIT", "readme": "Cargo.toml", "rust_version": "1.85",
                "keywords": ["k"], "manifest_path": {manifest:?}, "features": {{}}, "dependencies": [], "metadata": null}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_complete_manifest_has_no_fault() {
        assert_eq!(faults(&complete()), Vec::<String>::new());
    }

    #[test]
    fn each_missing_field_is_named() {
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
            faults(&bare),
            fields.map(|field| format!("gusset has no {field}"))
        );
    }

    #[test]
    fn a_readme_that_is_not_there_is_a_fault() {
        let mut package = complete();
        package.readme = Some("README.md".into());
        assert_eq!(faults(&package), ["gusset: README.md is not a file"]);
    }
}
