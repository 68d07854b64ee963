//! The table of examples is complete, and they are short.

use std::collections::BTreeSet;
use std::path::Path;

/// The maximum number of lines of an example to copy.
const MAX_LINES: usize = 80;
/// Longer ones are programs to try, not to copy.
const PROGRAMS: [&str; 8] = [
    "chaos",
    "consumer",
    "diagnose",
    "kubelet",
    "outage",
    "shop",
    "trace_context",
    "worker",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the names and paths of all examples.
fn examples() -> Vec<(String, String)> {
    let manifest = read("Cargo.toml");
    let value = |text: &str, key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key));
        line.unwrap().trim_matches('"').to_owned()
    };
    let examples = manifest.split("[[example]]\n").skip(1);
    examples
        .map(|text| (value(text, "name = "), value(text, "path = ")))
        .collect()
}

#[test]
fn table_names_each_example_and_its_file() {
    let page = read("README.md");
    let rows: BTreeSet<_> = page
        .lines()
        .filter_map(|line| line.strip_prefix("| [`")?.split_once(") |"))
        .map(|(row, _)| row.to_owned())
        .collect();
    let expected: BTreeSet<_> = examples()
        .into_iter()
        .map(|(name, path)| format!("{name}`]({path}"))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn examples_to_copy_are_short() {
    for (name, path) in examples() {
        let lines = read(&path).lines().count();
        let is_program = PROGRAMS.contains(&&*name);
        assert!(is_program || lines <= MAX_LINES, "{path}: {lines} lines");
    }
}
