//! The code before each change of `docs/moving` is that which its crate compiles.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/moving")
}

/// Returns the names of the files in a folder with this ending, without it.
fn names(folder: &Path, ending: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter_map(|name| Some(name.strip_suffix(ending)?.to_owned()))
        .collect();
    names.sort_unstable();
    names
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Returns the text of the section with this heading.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    section.split("\n## ").next().unwrap()
}

/// Returns the code of the only block of a section with this opening.
fn code<'a>(section: &'a str, opening: &str) -> &'a str {
    let blocks: Vec<_> = section.split(opening).skip(1).collect();
    let [block] = blocks[..] else {
        panic!("{} blocks in {section}", blocks.len());
    };
    block.split("```").next().unwrap()
}

#[test]
fn code_before_is_the_compiled_one() {
    for name in names(&folder(), ".md") {
        if name == "README" {
            continue;
        }
        let page = read(&folder().join(format!("{name}.md")));
        let source = format!("before/src/{}.rs", name.replace('-', "_"));
        let source = read(&folder().join(&source));
        let source = source.replace("pub async fn main", "async fn main");
        let before = code(section(&page, "Before"), "```rust,ignore\n");
        assert_eq!(before, source, "{name}");
        // A doc test of the façade compiles it.
        let after = code(section(&page, "After"), "```rust,no_run\n");
        assert!(after.contains("gusset::"), "{name}");
    }
}

#[test]
fn each_page_has_all_sections() {
    for name in names(&folder(), ".md") {
        if name == "README" {
            continue;
        }
        let page = read(&folder().join(format!("{name}.md")));
        let headings: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        let expected = ["Before", "After", "Names", "Queries", "Gained", "Lost"];
        assert_eq!(headings, expected, "{name}");
        assert!(section(&page, "Names").contains("|---|"), "{name}");
        assert!(section(&page, "Queries").contains("rate("), "{name}");
    }
}

#[test]
fn each_source_has_a_page_in_the_list_and_in_the_facade() {
    let list = read(&folder().join("README.md"));
    let facade = read(&folder().join("../../crates/gusset/src/lib.rs"));
    let modules = read(&folder().join("before/src/lib.rs"));
    let mut pages = names(&folder(), ".md");
    pages.retain(|page| page != "README");
    let mut sources = names(&folder().join("before/src"), ".rs");
    sources.retain(|source| source != "lib");
    let of_pages: Vec<_> = pages.iter().map(|page| page.replace('-', "_")).collect();
    assert_eq!(of_pages, sources);
    for (page, source) in pages.iter().zip(&sources) {
        assert!(list.contains(&format!("({page}.md)")), "{page}");
        assert!(facade.contains(&format!("moving/{page}.md")), "{page}");
        assert!(modules.contains(&format!("pub mod {source};")), "{source}");
    }
}

/// Returns the names of gusset's metrics and labels in a text, in Prometheus's spelling.
fn prometheus_names(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let prefixes = [
        "gusset_",
        "http_server_",
        "http_client_",
        "http_re",
        "http_route",
    ];
    words
        .filter(|word| prefixes.iter().any(|prefix| word.starts_with(prefix)))
        .collect()
}

#[test]
fn names_after_the_change_are_in_the_catalogue() {
    let catalogue = read(&folder().join("../catalogue.md"));
    let known: BTreeSet<_> = catalogue
        .split('`')
        .map(|word| word.replace('.', "_"))
        .collect();
    let mut count = 0;
    for name in names(&folder(), ".md") {
        let page = read(&folder().join(format!("{name}.md")));
        for word in prometheus_names(&page) {
            let mut stem = word;
            for suffix in ["_total", "_count", "_bucket", "_seconds", "_bytes"] {
                stem = stem.strip_suffix(suffix).unwrap_or(stem);
            }
            assert!(known.contains(stem), "{word} of {name}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}
