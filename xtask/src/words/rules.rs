//! The list of forbidden words.

use std::collections::HashMap;

use super::names::Style;
use super::{glob, names};
use crate::Result;

const SOURCE: &str = include_str!("forbidden.txt");

/// All rules, indexed by their first word.
pub(super) struct Rules {
    pub(super) rows: Vec<Rule>,
    by_name_part: HashMap<String, Vec<usize>>,
    by_prose_word: HashMap<String, Vec<usize>>,
    exceptions: Vec<Exception>,
}

/// One row of the list.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) scope: Scope,
    pub(super) pattern: String,
    pub(super) replacement: String,
    pub(super) name: NamePattern,
    words: Vec<Word>,
    /// The rule does not apply directly after one of these words.
    not_after: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    Name,
    Prose,
    Both,
}

#[derive(Debug)]
pub(super) struct NamePattern {
    pub(super) parts: Vec<String>,
    pub(super) style: Style,
    pub(super) whole: bool,
    /// Matches only in a definition such as `fn give`.
    pub(super) function: bool,
}

#[derive(Debug)]
enum Word {
    Literal(String),
    BeforeColon(String),
    AnyBut(Vec<String>),
}

struct Exception {
    glob: String,
    pattern: String,
}

/// A word of a text, in lower case.
pub(super) struct TextWord {
    pub(super) line: usize,
    pub(super) word: String,
    /// The word is directly before a colon.
    pub(super) before_colon: bool,
    /// Nothing but spaces separates this word from the next one.
    pub(super) joined: bool,
}

// === impl Rules ===

impl Rules {
    /// Reads the list of the project.
    pub(super) fn load() -> Result<Self> {
        Self::parse(SOURCE)
    }

    pub(super) fn parse(source: &str) -> Result<Self> {
        let mut rules = Self {
            rows: Vec::new(),
            by_name_part: HashMap::new(),
            by_prose_word: HashMap::new(),
            exceptions: Vec::new(),
        };
        for (index, row) in source.lines().enumerate() {
            if row.trim().is_empty() || row.starts_with('#') {
                continue;
            }
            rules
                .add_row(row)
                .map_err(|problem| format!("forbidden.txt:{}: {problem}", index + 1))?;
        }
        Ok(rules)
    }

    fn add_row(&mut self, row: &str) -> std::result::Result<(), String> {
        let columns: Vec<&str> = row.split('|').map(str::trim).collect();
        if columns.iter().any(|column| column.is_empty()) {
            return Err("a column is empty".into());
        }
        let (scope, pattern, replacement) = match columns.as_slice() {
            ["allow", glob, pattern, _reason] => {
                self.exceptions.push(Exception {
                    glob: (*glob).to_owned(),
                    pattern: (*pattern).to_owned(),
                });
                return Ok(());
            }
            ["name", pattern, replacement] => (Scope::Name, pattern, replacement),
            ["prose", pattern, replacement] => (Scope::Prose, pattern, replacement),
            ["both", pattern, replacement] => (Scope::Both, pattern, replacement),
            _ => return Err("expected `name`, `prose`, `both` or `allow` and its columns".into()),
        };
        let rule = Rule::new(scope, pattern, replacement);
        let index = self.rows.len();
        if let (true, Some(first)) = (rule.scope.covers_names(), rule.name.parts.first()) {
            self.by_name_part
                .entry(first.clone())
                .or_default()
                .push(index);
        }
        if rule.scope.covers_prose() {
            match rule.words.first() {
                Some(Word::Literal(first) | Word::BeforeColon(first)) => self
                    .by_prose_word
                    .entry(first.clone())
                    .or_default()
                    .push(index),
                _ => return Err("a pattern of prose starts with a word".into()),
            }
        }
        self.rows.push(rule);
        Ok(())
    }

    /// Returns the first rule that an identifier breaks.
    pub(super) fn find_in_name(&self, name: &str, function: bool) -> Option<&Rule> {
        let style = names::style(name);
        let parts = names::parts(name);
        (0..parts.len()).find_map(|start| {
            let candidates = self.by_name_part.get(&parts[start])?;
            candidates
                .iter()
                .map(|index| &self.rows[*index])
                .find(|rule| rule.name.matches(&parts, start, style, function))
        })
    }

    /// Returns the rules that a text breaks, each with the index of its first and last word.
    pub(super) fn find_in_prose<'a>(
        &'a self,
        text: &'a [TextWord],
    ) -> impl Iterator<Item = (&'a Rule, usize, usize)> + 'a {
        text.iter().enumerate().flat_map(move |(start, word)| {
            self.by_prose_word
                .get(&word.word)
                .into_iter()
                .flatten()
                .map(|index| &self.rows[*index])
                .filter(move |rule| rule.matches_prose(text, start))
                .map(move |rule| (rule, start, start + rule.words.len() - 1))
        })
    }

    /// Returns whether the list has an exception for this file and rule.
    pub(super) fn is_allowed(&self, file: &str, rule: &Rule) -> bool {
        self.exceptions.iter().any(|exception| {
            exception.pattern == rule.pattern && glob::matches(&exception.glob, file)
        })
    }
}

// === impl Rule ===

impl Rule {
    fn new(scope: Scope, pattern: &str, replacement: &str) -> Self {
        let (function, rest) = match pattern.strip_prefix("fn ") {
            Some(rest) if scope.covers_names() => (true, rest),
            _ => (false, pattern),
        };
        let (whole, name) = match rest.strip_prefix('=') {
            Some(name) => (true, name),
            None => (function, rest),
        };
        let mut words = pattern.split_whitespace().peekable();
        let not_after = words
            .next_if(|word| word.starts_with('<'))
            .map(|word| word[1..].split('/').map(str::to_owned).collect())
            .unwrap_or_default();
        Self {
            scope,
            pattern: pattern.to_owned(),
            replacement: replacement.to_owned(),
            name: NamePattern {
                parts: name.split_whitespace().flat_map(names::parts).collect(),
                style: names::style(name),
                whole,
                function,
            },
            words: words.map(Word::parse).collect(),
            not_after,
        }
    }

    fn matches_prose(&self, text: &[TextWord], start: usize) -> bool {
        let before = start.checked_sub(1).map(|before| &text[before]);
        let excluded =
            before.is_some_and(|word| word.joined && self.not_after.contains(&word.word));
        let text = &text[start..];
        let last = self.words.len() - 1;
        !excluded
            && self.words.len() <= text.len()
            && self
                .words
                .iter()
                .zip(text)
                .enumerate()
                .all(|(index, (expected, actual))| {
                    expected.matches(actual) && (index == last || actual.joined)
                })
    }
}

// === impl Scope ===

impl Scope {
    pub(super) fn covers_names(self) -> bool {
        self != Self::Prose
    }

    pub(super) fn covers_prose(self) -> bool {
        self != Self::Name
    }
}

// === impl NamePattern ===

impl NamePattern {
    fn matches(&self, parts: &[String], start: usize, style: Style, function: bool) -> bool {
        if self.function && !function {
            return false;
        }
        if self.whole && (start != 0 || parts.len() != self.parts.len()) {
            return false;
        }
        // A lower-case pattern matches constants and types too, unless it is a whole name.
        if self.style != style && (self.style != Style::Lower || self.whole) {
            return false;
        }
        parts[start..].starts_with(&self.parts)
    }
}

// === impl Word ===

impl Word {
    fn parse(word: &str) -> Self {
        let word = word.to_lowercase();
        if let Some(words) = word.strip_prefix('!') {
            Self::AnyBut(words.split('/').map(str::to_owned).collect())
        } else if let Some(word) = word.strip_suffix(':') {
            Self::BeforeColon(word.to_owned())
        } else {
            Self::Literal(word)
        }
    }

    fn matches(&self, text: &TextWord) -> bool {
        match self {
            Self::Literal(word) => *word == text.word,
            Self::BeforeColon(word) => *word == text.word && text.before_colon,
            Self::AnyBut(words) => {
                text.word.starts_with(char::is_alphabetic) && !words.contains(&text.word)
            }
        }
    }
}
