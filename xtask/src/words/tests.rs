use super::rules::{Rules, Scope};
use super::{check_file, glob};

fn findings(file: &str, text: &str) -> Vec<String> {
    check_file(&Rules::load().unwrap(), file, text)
}

#[track_caller]
fn passes(file: &str, text: &str) {
    assert_eq!(findings(file, text), Vec::<String>::new());
}

#[track_caller]
fn fails(file: &str, text: &str, expected: &[&str]) {
    let found = findings(file, text);
    assert_eq!(found.len(), expected.len(), "{found:#?}\n{text}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}\n{expected}");
    }
}

/// Returns a text that a pattern of prose matches.
fn sample(pattern: &str) -> String {
    let words = pattern.split(' ').filter(|word| !word.starts_with('<'));
    let words = words.map(|word| {
        if word.starts_with('!') {
            "server"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn every_name_rule_matches_its_sample() {
    let rules = Rules::load().unwrap();
    for rule in rules.rows.iter().filter(|rule| rule.scope.covers_names()) {
        let pattern = rule.pattern.trim_start_matches("fn ");
        let name = pattern.trim_start_matches('=');
        let definition = format!("fn {name}() {{}}\n");
        fails("src/a.rs", &definition, &[&format!("src/a.rs:1: {name}: ")]);
        let quoted = format!("Calls `fn {name}()`.\n");
        fails("docs/a.md", &quoted, &[&format!("docs/a.md:1: {name}: ")]);
    }
}

#[test]
fn every_prose_rule_matches_in_each_place() {
    let rules = Rules::load().unwrap();
    for rule in rules.rows.iter().filter(|rule| rule.scope.covers_prose()) {
        let text = sample(&rule.pattern);
        for (file, source) in [
            ("src/a.rs", format!("// It {text} it.\n")),
            ("src/a.rs", format!("//! It {text} it.\n")),
            (
                "src/a.rs",
                format!("/// Returns it: it {text} it.\nfn f() {{}}\n"),
            ),
            ("src/a.rs", format!("/* It {text} it. */\n")),
            (
                "src/a.rs",
                format!("const A: &str = \"it {text} it\\n\";\n"),
            ),
            (
                "src/a.rs",
                format!("const A: &str = r#\"it \"{text}\"\"#;\n"),
            ),
            ("src/a.rs", format!("const A: &[u8] = b\"\\n{text}\";\n")),
            ("docs/a.md", format!("It {text} it.\n")),
            ("docs/a.md", format!("| It | {} |\n", text.to_uppercase())),
            ("Cargo.toml", format!("# it {text} it\n")),
            ("Cargo.toml", format!("description = \"it {text} it\"\n")),
        ] {
            let found = findings(file, &source);
            assert!(
                found
                    .iter()
                    .any(|finding| finding.starts_with(&format!("{file}:1: "))),
                "{} is not found in {source}",
                rule.pattern
            );
        }
    }
}

#[test]
fn rules_of_names_do_not_apply_to_prose() {
    let rules = Rules::load().unwrap();
    let is_name = |scope| scope == Scope::Name;
    assert!(rules.rows.iter().any(|rule| is_name(rule.scope)));
    passes(
        "docs/a.md",
        "Put the vote for the lanes on record, and give a tally.\n",
    );
}

#[test]
fn ordinary_code_passes() {
    passes(
        "crates/a/src/service.rs",
        r##"
//! A service that limits the number of requests in flight.

/// Calls the inner service.
#[derive(Debug)]
pub struct Limit<'a, S> { inner: &'a S, carrier: u32, first: u32 }

impl<'a, S> Limit<'a, S> {
    /// Returns the head of the list, which is no longer than `max` (see line 3 of the page).
    pub const fn head(&self) -> Option<u8> {
        let value = self.iter().take(3).next();
        mem::take(&mut self.first); Option::take(&mut self.end);
        let c = b'\''; let d = '"'; let e = '\u{1F600}';
        TypeId::of::<S>(); cx.waker().give(1); let r#type = 0x_ff + 1.5e3;
        "the call ended, see \"the log\"" // The end of a call: one page of memory.
    }
}

impl Service for Limit {
    /// Polling is forwarded.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<()> { self.inner.poll_ready(cx) }
}

/* A block /* in a block */ of comments. */
/// Not a function.
const TIMEOUT: Duration = Duration::from_secs(1);
"##,
    );
}

#[test]
fn names_match_by_parts_in_every_style() {
    fails(
        "src/a.rs",
        "struct TellOnce;\nconst MAX_ROAD: u8 = 1;\nfn was_told_of() {}\nlet stolid = retold;\n",
        &[
            "src/a.rs:1: TellOnce",
            "src/a.rs:2: MAX_ROAD",
            "src/a.rs:3: was_told_of",
        ],
    );
}

#[test]
fn names_of_files_are_checked() {
    fails("src/mood.rs", "", &["src/mood.rs:1: mood"]);
}

#[test]
fn phrases_match_across_line_breaks() {
    fails(
        "src/a.rs",
        "// It was laid\n// over it.\n",
        &["src/a.rs:1: laid over"],
    );
    passes("docs/a.md", "It was laid.\n\nOver there.\n");
    passes("docs/a.md", "It was laid `here` over there.\n");
}

#[test]
fn phrases_may_depend_on_the_word_before() {
    fails("docs/a.md", "It is no URL.\n", &["docs/a.md:1: is no url"]);
    passes("docs/a.md", "There is no URL. It is no longer set.\n");
}

#[test]
fn examples_in_rustdoc_are_checked_as_rust() {
    fails(
        "src/a.rs",
        "//! ```\n//! # let road = 1; // a stranger\n//! let x = 2;\n//! ```\n",
        &["src/a.rs:2: road", "src/a.rs:2: stranger"],
    );
}

#[test]
fn link_targets_and_urls_are_skipped() {
    passes(
        "docs/a.md",
        "See [it](https://a.test/road/told) and https://a.test/kin too.\n",
    );
}

#[test]
fn exceptions_apply_to_their_files_only() {
    let rules =
        Rules::parse("both | road | pipeline\nallow | crates/*/a.rs | road | a test\n").unwrap();
    assert!(check_file(&rules, "crates/x/a.rs", "fn road() {}").is_empty());
    assert_eq!(check_file(&rules, "crates/x/b.rs", "fn road() {}").len(), 1);
}

#[test]
fn malformed_rows_are_rejected() {
    for row in [
        "road",
        "names | road | pipeline",
        "name | | x",
        "allow | a | b",
    ] {
        assert!(Rules::parse(row).is_err(), "{row}");
    }
}

#[test]
fn globs_match_whole_paths() {
    assert!(glob::matches("**/a.rs", "crates/x/a.rs"));
    assert!(glob::matches("crates/*/a.rs", "crates/x/a.rs"));
    assert!(!glob::matches("crates/*.rs", "crates/x/a.rs"));
    assert!(!glob::matches("a.rs", "crates/a.rs"));
}

#[test]
fn summaries_start_with_a_verb() {
    for (summary, word) in [
        ("The name.", "The"),
        ("Return the name.", "Return"),
        ("Bytes of the name.", "Bytes"),
        ("`Some` if it is set.", "`Some`"),
        ("returns it.", "returns"),
        ("Less of it.", "Less"),
    ] {
        let source = format!("///\n/// {summary}\n#[inline]\npub(crate) async fn f() {{}}\n");
        fails("src/a.rs", &source, &[&format!("src/a.rs:2: {word}: ")]);
        let source = format!("trait A {{\n/// {summary}\nfn f();\n}}\n");
        fails("src/a.rs", &source, &[&format!("src/a.rs:2: {word}: ")]);
        let source = format!("impl<T> A<T> {{\n/** {summary} */\nconst fn f() {{}}\n}}\n");
        fails("src/a.rs", &source, &[&format!("src/a.rs:2: {word}: ")]);
    }
    passes("src/a.rs", "/// Returns the name.\npub fn f() {}\n");
    passes(
        "src/a.rs",
        "/// Logs it.\n#[doc(alias = \"x\")]\npub extern \"C\" fn f() {}\n",
    );
}

#[test]
fn summaries_of_tests_and_other_items_are_exempt() {
    passes("src/a.rs", "/// A test.\n#[tokio::test]\nasync fn f() {}\n");
    passes(
        "src/a.rs",
        "/// A name.\nconst A: fn() = f;\n/// A type.\nstruct B;\nfn f() {}\n",
    );
    passes("src/a.rs", "impl A for B { /// A name.\nfn f() {} }\n");
    fails(
        "src/a.rs",
        "impl A for B { fn f() { if x {} } }\n/// A name.\nfn g(a: impl for<'a> Fn(&'a u8)) {}\n",
        &["src/a.rs:2: A"],
    );
}

#[test]
fn long_sentences_fail_on_front_pages() {
    let long = "word ".repeat(31);
    fails(
        "README.md",
        &format!("Short.\n{long}\n"),
        &["README.md:2: word word"],
    );
    fails("crates/a/README.md", &long, &["crates/a/README.md:1: "]);
    let doc = format!("//! Short.\n//! {long}.\n");
    fails("crates/a/src/lib.rs", &doc, &["crates/a/src/lib.rs:2: "]);
    passes("docs/design.md", &long);
    passes("crates/a/src/lib.rs", &format!("// {long}\n"));
}

#[test]
fn code_tables_headings_and_list_items_end_sentences() {
    let half = ["word"; 20].join(" ");
    let long = "word ".repeat(40);
    passes(
        "README.md",
        &format!("# {long}\n\n| {long} |\n\n```text\n{long}\n```\n"),
    );
    passes(
        "README.md",
        &format!("{half}:\n- {half}\n- {half}\n1. {half}\n"),
    );
    passes(
        "README.md",
        &format!("{half}.\n{half} (e.g. a [link](https://a.test/x)).\n"),
    );
    fails(
        "README.md",
        &format!("{half} e.g. {half}.\n"),
        &["README.md:1: "],
    );
}
