//! Summaries of functions that do not start with a verb in the third person.

use super::tokens::{CommentKind, Token, TokenKind};

/// Words that end in `s` and are not verbs, or hide which verb is meant.
const NOT_VERBS: &[&str] = &[
    "This",
    "Its",
    "Ours",
    "Theirs",
    "Whose",
    "Always",
    "Sometimes",
    "Besides",
    "Towards",
    "Afterwards",
    "Perhaps",
    "Thus",
    "Plus",
    "Yes",
    "Us",
    "Whereas",
    "Bytes",
    "Nanoseconds",
    "Microseconds",
    "Milliseconds",
    "Seconds",
    "Minutes",
    "Hours",
    "Days",
    "Metrics",
    "Names",
    "Labels",
    "Values",
    "Attributes",
    "Headers",
    "Errors",
    "Entries",
    "Events",
    "Series",
    "Status",
    "Requests",
    "Responses",
    "Options",
    "Settings",
    "Types",
    "Fields",
    "Items",
    "Lines",
    "Numbers",
    "Ratios",
    "Instructions",
    "Ids",
    "Keys",
    "Bounds",
    "Boundaries",
    "Buckets",
    "Spans",
    "Services",
    "Tests",
    "Constants",
    "Parameters",
    "Arguments",
    "Files",
    "Words",
    "Tells",
    "Says",
    "Asks",
    "Bears",
    "Wears",
    "Gives",
    "Hears",
];

/// A summary that starts with another word.
#[derive(Debug)]
pub(super) struct WrongSummary {
    pub(super) line: usize,
    pub(super) word: String,
    pub(super) function: String,
}

/// Finds the functions whose doc comment does not start with a verb in the third person.
///
/// Functions in `impl Trait for` blocks and functions with a test attribute are exempt.
pub(super) fn wrong(tokens: &[Token<'_>]) -> Vec<WrongSummary> {
    let mut wrong = Vec::new();
    let mut blocks = TraitBlocks::default();
    // The first doc line with text, while the tokens between it and its item are read.
    let mut summary: Option<(usize, &str)> = None;
    let mut is_test = false;
    let mut index = 0;
    while let Some(token) = tokens.get(index) {
        blocks.enter(tokens, index);
        match (token.kind, token.text) {
            (TokenKind::Comment(CommentKind::OuterDoc), text) => {
                let content = text.trim_start_matches(['*', ' ', '\n']);
                if summary.is_none() && !content.trim().is_empty() {
                    summary = Some((token.line, content));
                }
            }
            (TokenKind::Comment(_), _) => {}
            (TokenKind::Punct, "#") => {
                let end = attribute_end(tokens, index);
                is_test |= tokens[index..end]
                    .iter()
                    .any(|token| matches!(token.text, "test" | "proptest"));
                index = end;
                continue;
            }
            (TokenKind::Ident, "fn") => {
                let name = tokens.get(index + 1).map_or("", |token| token.text);
                if let Some((line, text)) = summary.take() {
                    let word = first_word(text);
                    if !is_test && !blocks.inside() && !is_third_person(word) {
                        wrong.push(WrongSummary {
                            line,
                            word: word.to_owned(),
                            function: name.to_owned(),
                        });
                    }
                }
                is_test = false;
            }
            _ if is_qualifier(tokens, index) => {}
            _ => {
                summary = None;
                is_test = false;
            }
        }
        index += 1;
    }
    wrong
}

/// Returns whether the token may stand between a doc comment and its `fn`.
fn is_qualifier(tokens: &[Token<'_>], index: usize) -> bool {
    let token = &tokens[index];
    match token.kind {
        TokenKind::Ident => matches!(
            token.text,
            "pub"
                | "crate"
                | "super"
                | "self"
                | "in"
                | "const"
                | "async"
                | "unsafe"
                | "extern"
                | "default"
                | "safe"
        ),
        TokenKind::Punct => matches!(token.text, "(" | ")"),
        // The ABI of `extern "C"`.
        TokenKind::Str { .. } => true,
        _ => false,
    }
}

/// Returns the index after the closing bracket of `#[…]`.
fn attribute_end(tokens: &[Token<'_>], start: usize) -> usize {
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate().skip(start + 1) {
        match (token.kind, token.text) {
            (TokenKind::Punct, "[") => depth += 1,
            (TokenKind::Punct, "]") => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            // `#` without brackets, as in a macro.
            (TokenKind::Punct, "!") if depth == 0 => {}
            _ if depth == 0 => return start + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn first_word(text: &str) -> &str {
    text.split_whitespace()
        .next()
        .unwrap_or_default()
        .trim_end_matches([',', '.', ':', ';'])
}

fn is_third_person(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
        && word
            .chars()
            .all(|character| character.is_alphabetic() || character == '-')
        && word.ends_with('s')
        && !word.ends_with("ss")
        && !NOT_VERBS.contains(&word)
}

/// Keeps track of `impl Trait for` blocks.
#[derive(Default)]
struct TraitBlocks {
    depth: usize,
    /// The depth outside of each open block.
    open: Vec<usize>,
    /// The index of the `{` that opens the next block.
    next: Option<usize>,
}

// === impl TraitBlocks ===

impl TraitBlocks {
    fn enter(&mut self, tokens: &[Token<'_>], index: usize) {
        let token = &tokens[index];
        match (token.kind, token.text) {
            (TokenKind::Ident, "impl") => {
                if let Some(start) = trait_block_start(tokens, index) {
                    self.next = Some(start);
                }
            }
            (TokenKind::Punct, "{") => {
                if self.next == Some(index) {
                    self.open.push(self.depth);
                    self.next = None;
                }
                self.depth += 1;
            }
            (TokenKind::Punct, "}") => {
                self.depth = self.depth.saturating_sub(1);
                if self.open.last() == Some(&self.depth) {
                    self.open.pop();
                }
            }
            _ => {}
        }
    }

    fn inside(&self) -> bool {
        !self.open.is_empty()
    }
}

/// Returns the index of the `{` when the `impl` at `index` names a trait.
fn trait_block_start(tokens: &[Token<'_>], index: usize) -> Option<usize> {
    let mut has_trait = false;
    for (position, token) in tokens.iter().enumerate().skip(index + 1) {
        match (token.kind, token.text) {
            (TokenKind::Punct, "{") => return has_trait.then_some(position),
            (TokenKind::Punct, ";") => return None,
            (TokenKind::Ident, "for") => {
                // `for<'a>` names lifetimes and no type.
                let next = tokens.get(position + 1).map_or("", |token| token.text);
                has_trait |= next != "<";
            }
            _ => {}
        }
    }
    None
}
