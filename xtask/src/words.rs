//! `cargo xtask words [PATH…]`: checks the words of names, comments, documents and messages.
//!
//! `words/forbidden.txt` lists the words that the project does not use. Summaries of functions start
//! with a verb, and front pages have short sentences.

mod glob;
mod markdown;
mod names;
mod prose;
mod rules;
mod rust;
mod sentences;
mod summaries;
#[cfg(test)]
mod tests;
pub(crate) mod tokens;
mod toml;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use self::markdown::Passage;
use self::rules::Rules;
use self::tokens::CommentKind;
use crate::Result;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The folder that has to contain forbidden words.
const OWN_FOLDER: &str = "xtask/src/words";

/// Runs the chore on some files and folders, or on the whole workspace.
pub(crate) fn run(workspace: &Workspace, steps: &mut Steps, paths: &[String]) {
    let paths: Result<Vec<PathBuf>> = paths
        .iter()
        .map(|path| Ok(fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?))
        .collect();
    steps.step("words", || match paths?.as_slice() {
        [] => check(&workspace.root, std::slice::from_ref(&workspace.root)),
        paths => check(&workspace.root, paths),
    });
}

/// Checks the whole workspace.
pub(crate) fn check_all(workspace: &Workspace) -> Result<()> {
    check(&workspace.root, std::slice::from_ref(&workspace.root))
}

fn check(root: &Path, paths: &[PathBuf]) -> Result<()> {
    let rules = Rules::load()?;
    let mut files = Vec::new();
    for path in paths {
        collect(root, path, &mut files)?;
    }
    files.sort();
    files.dedup();
    let mut count = 0;
    for file in &files {
        let name = relative(root, file);
        let text = fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let findings = check_file(&rules, &name, &text);
        count += findings.len();
        for finding in findings {
            crate::steps::print_line(finding);
        }
    }
    if count == 0 {
        Ok(())
    } else {
        Err(format!("{count} problems in {} files", files.len()).into())
    }
}

fn collect(root: &Path, path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let name = relative(root, path);
    if path.is_dir() {
        if name == OWN_FOLDER {
            return Ok(());
        }
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !name.starts_with('.') && name != "target" {
                collect(root, &entry.path(), files)?;
            }
        }
    } else if is_checked(&name) {
        files.push(path.to_owned());
    }
    Ok(())
}

fn is_checked(name: &str) -> bool {
    let extension = Path::new(name).extension().unwrap_or_default();
    let is_own =
        name.starts_with(OWN_FOLDER) && name.as_bytes().get(OWN_FOLDER.len()) == Some(&b'/');
    !is_own && matches!(extension.to_str(), Some("rs" | "md" | "toml"))
}

/// Returns the path from the root of the workspace, with slashes on every system.
fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.to_string_lossy().replace('\\', "/")
}

/// Checks one file, and returns its findings in the order of their lines.
fn check_file(rules: &Rules, name: &str, text: &str) -> Vec<String> {
    let mut checker = Checker {
        rules,
        file: name,
        findings: Vec::new(),
        seen: HashSet::new(),
    };
    for part in name.split('/') {
        let stem = part.split('.').next().unwrap_or_default();
        checker.check_identifiers(&Passage {
            line: 1,
            text: stem.to_owned(),
        });
    }
    let source = Passage {
        line: 1,
        text: text.to_owned(),
    };
    match name.rsplit('.').next() {
        Some("rs") => checker.check_rust(&source),
        Some("toml") => checker.check_toml(&source),
        _ => checker.check_markdown(&source),
    }
    checker.check_sentences(&source);
    checker.findings.sort();
    checker
        .findings
        .into_iter()
        .map(|(line, text, problem)| format!("{name}:{line}: {text}: {problem}"))
        .collect()
}

struct Checker<'a> {
    rules: &'a Rules,
    file: &'a str,
    /// Line, text, problem.
    findings: Vec<(usize, String, String)>,
    seen: HashSet<(usize, String)>,
}

// === impl Checker ===

impl Checker<'_> {
    fn check_markdown(&mut self, source: &Passage) {
        self.check_document(source, false);
    }

    /// Checks a comment. Code blocks without a language are Rust.
    fn check_rust_doc(&mut self, source: &Passage) {
        self.check_document(source, true);
    }

    fn check_document(&mut self, source: &Passage, rust_by_default: bool) {
        let document = markdown::parse(source);
        self.check_text(&document.prose);
        for span in &document.code_spans {
            self.check_identifiers(span);
        }
        for block in document.code_blocks {
            if is_rust(&block.language, rust_by_default) {
                self.check_rust(&without_hidden_marks(block.passage));
            } else {
                self.check_text(&block.passage);
            }
        }
    }

    /// Checks plain text: its phrases, and its words that are written like identifiers.
    fn check_text(&mut self, passage: &Passage) {
        let rules = self.rules;
        let words = prose::words(passage);
        for (rule, first, last) in rules.find_in_prose(&words) {
            if !rules.is_allowed(self.file, rule) {
                let text: Vec<&str> = words[first..=last]
                    .iter()
                    .map(|word| word.word.as_str())
                    .collect();
                self.report(
                    words[first].line,
                    &text.join(" "),
                    forbidden(&rule.replacement),
                );
            }
        }
        for (line, name) in prose::identifiers(passage) {
            self.check_name(line, name, false);
        }
    }

    /// Checks every identifier of a short piece of code.
    fn check_identifiers(&mut self, passage: &Passage) {
        let mut previous = "";
        for token in tokens::tokenize(&passage.text) {
            if token.kind == tokens::TokenKind::Ident {
                let line = passage.line + token.line - 1;
                self.check_name(line, token.text, previous == "fn");
            }
            previous = token.text;
        }
    }

    fn check_name(&mut self, line: usize, name: &str, function: bool) {
        if let Some(rule) = self.rules.find_in_name(name, function) {
            if !self.rules.is_allowed(self.file, rule) {
                let problem = forbidden(&rule.replacement);
                self.report(line, name, problem);
            }
        }
    }

    /// Checks the length of sentences where the file is a front page.
    fn check_sentences(&mut self, source: &Passage) {
        let parts: Vec<&str> = self.file.split('/').collect();
        let passages = match parts.as_slice() {
            ["README.md"] | ["crates", _, "README.md"] => vec![source.clone()],
            ["crates", _, "src", "lib.rs"] => rust::comments(&tokens::tokenize(&source.text))
                .into_iter()
                .filter(|(kind, _)| *kind == CommentKind::InnerDoc)
                .map(|(_, passage)| passage)
                .collect(),
            _ => Vec::new(),
        };
        for sentence in passages.iter().flat_map(sentences::long) {
            self.report(
                sentence.line,
                &format!("{} …", sentence.start),
                format!(
                    "a sentence of {} words, at most {} are allowed",
                    sentence.words,
                    sentences::MAX_WORDS
                ),
            );
        }
    }

    fn report(&mut self, line: usize, text: &str, problem: String) {
        if self.seen.insert((line, text.to_lowercase())) {
            self.findings.push((line, text.to_owned(), problem));
        }
    }
}

fn forbidden(replacement: &str) -> String {
    format!("not plain English, write: {replacement}")
}

/// Returns whether rustdoc compiles a code block with this language.
fn is_rust(language: &str, rust_by_default: bool) -> bool {
    const ATTRIBUTES: &[&str] = &["rust", "ignore", "no_run", "should_panic", "compile_fail"];
    let first = language.split([',', ' ']).next().unwrap_or_default();
    if first.is_empty() {
        return rust_by_default;
    }
    ATTRIBUTES.contains(&first) || first.starts_with("edition")
}

/// Removes the `#` that hides a line of an example.
fn without_hidden_marks(mut passage: Passage) -> Passage {
    let lines: Vec<&str> = passage
        .text
        .split('\n')
        .map(|line| {
            let content = line.trim_start();
            content.strip_prefix("# ").unwrap_or(line)
        })
        .collect();
    passage.text = lines.join("\n");
    passage
}
