//! Sentences that are too long for a front page.

use super::markdown::{self, PLACEHOLDER, Passage};

/// The most words that a sentence may have.
pub(super) const MAX_WORDS: usize = 30;

#[derive(Debug)]
pub(super) struct LongSentence {
    pub(super) line: usize,
    pub(super) start: String,
    pub(super) words: usize,
}

/// Finds sentences of more than [`MAX_WORDS`] words. Skips code, tables, headings and link targets.
pub(super) fn long(source: &Passage) -> Vec<LongSentence> {
    let document = markdown::parse(source);
    let mut finder = Finder::default();
    for (index, line) in document.prose.text.split('\n').enumerate() {
        finder.add_line(document.prose.line + index, line.trim());
    }
    finder.end_sentence();
    finder.long
}

#[derive(Default)]
struct Finder {
    line: usize,
    words: Vec<String>,
    long: Vec<LongSentence>,
}

// === impl Finder ===

impl Finder {
    fn add_line(&mut self, number: usize, line: &str) {
        let is_placeholder = line.chars().all(|character| character == PLACEHOLDER);
        if is_placeholder || is_list_item(line) {
            self.end_sentence();
        }
        if line.starts_with(['#', '|', '<']) {
            self.end_sentence();
            return;
        }
        if is_placeholder && line.chars().count() <= 1 {
            return;
        }
        for word in line.split_whitespace() {
            if !word
                .chars()
                .any(|character| character.is_alphanumeric() || character == PLACEHOLDER)
            {
                continue;
            }
            if self.words.is_empty() {
                self.line = number;
            }
            self.words.push(word.replace(PLACEHOLDER, "`…`"));
            if ends_sentence(word) {
                self.end_sentence();
            }
        }
    }

    fn end_sentence(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.len() > MAX_WORDS {
            self.long.push(LongSentence {
                line: self.line,
                start: words[..5].join(" "),
                words: words.len(),
            });
        }
    }
}

fn is_list_item(line: &str) -> bool {
    let numbered = line.trim_start_matches(|character: char| character.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || line.starts_with("+ ")
        || (numbered.len() < line.len()
            && (numbered.starts_with(". ") || numbered.starts_with(") ")))
}

fn ends_sentence(word: &str) -> bool {
    const ABBREVIATIONS: &[&str] = &["e.g.", "i.e.", "etc.", "vs.", "cf."];
    let word = word.trim_end_matches(|character: char| {
        matches!(character, ')' | ']' | '"' | '*' | '_' | '”' | PLACEHOLDER)
    });
    word.ends_with(['.', '!', '?']) && !ABBREVIATIONS.contains(&word.trim_start_matches('('))
}
