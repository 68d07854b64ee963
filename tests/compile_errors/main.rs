//! The compiler explains in gusset's terms what a type is missing.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// The compiler whose messages are in `cases/*.stderr`.
///
/// The text around our messages changes from version to version. After an update, review what
/// `TRYBUILD=overwrite cargo test --test compile_errors` writes.
const COMPILER: &str = "rustc 1.95.";

#[test]
fn missing_trait_is_explained() {
    let version = Command::new("rustc").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    match version {
        Ok(version) if version.starts_with(COMPILER) => {
            trybuild::TestCases::new().compile_fail("compile_errors/cases/*.rs");
        }
        other => println!("not compared: the messages are those of {COMPILER}x, not of {other:?}"),
    }
}

#[test]
fn each_public_trait_has_an_explanation() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let mut missing = Vec::new();
    let mut found = 0;
    for crate_dir in fs::read_dir(crates).expect("the crates") {
        let src = crate_dir.expect("a crate").path().join("src");
        visit(&src, &mut |path, text| {
            for name in public_traits(text) {
                found += 1;
                if !is_explained(text, name) {
                    missing.push(format!("{}: {name}", path.display()));
                }
            }
        })
        .expect("the sources are readable");
    }
    assert!(found > 20, "only {found} traits");
    assert!(
        missing.is_empty(),
        "without `on_unimplemented`: {missing:#?}"
    );
}

fn visit(path: &Path, each: &mut impl FnMut(&Path, &str)) -> io::Result<()> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            visit(&entry?.path(), each)?;
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        each(path, &fs::read_to_string(path)?);
    }
    Ok(())
}

/// Returns the names of the traits at the top level of a file. Those in a `mod sealed` are indented.
fn public_traits(text: &str) -> impl Iterator<Item = &str> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("pub trait "));
    lines.filter_map(|line| line.split([':', '<', ' ']).next())
}

/// Returns whether the attributes before the trait, back to the last empty line, have an explanation.
fn is_explained(text: &str, name: &str) -> bool {
    let before = text.split(&format!("pub trait {name}")).next();
    let attributes = before.and_then(|before| before.rsplit("\n\n").next());
    attributes.is_some_and(|attributes| attributes.contains("diagnostic::on_unimplemented"))
}
