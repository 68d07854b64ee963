//! Checks of a Rust file.

use super::markdown::Passage;
use super::tokens::{self, CommentKind, Token, TokenKind};
use super::{Checker, summaries};

impl Checker<'_> {
    /// Checks a Rust source that starts on the given line of the file.
    pub(super) fn check_rust(&mut self, source: &Passage) {
        let tokens = tokens::tokenize(&source.text);
        let offset = source.line - 1;
        let mut previous = "";
        for token in &tokens {
            match token.kind {
                TokenKind::Ident => {
                    self.check_name(token.line + offset, token.text, previous == "fn");
                }
                TokenKind::Str { raw } => self.check_text(&Passage {
                    line: token.line + offset,
                    text: if raw {
                        token.text.to_owned()
                    } else {
                        without_escapes(token.text)
                    },
                }),
                _ => {}
            }
            previous = token.text;
        }
        for (_, comment) in comments(&tokens) {
            self.check_rust_doc(&Passage {
                line: comment.line + offset,
                ..comment
            });
        }
        for summary in summaries::wrong(&tokens) {
            self.report(
                summary.line + offset,
                &summary.word,
                format!(
                    "the summary of `fn {}` starts with a verb in the third person: Returns, Sets, Adds",
                    summary.function
                ),
            );
        }
    }
}

/// Returns the comments, with consecutive line comments of one kind as one passage.
pub(super) fn comments(tokens: &[Token<'_>]) -> Vec<(CommentKind, Passage)> {
    let mut comments: Vec<(CommentKind, Passage)> = Vec::new();
    let mut next_line = 0;
    for token in tokens {
        let TokenKind::Comment(kind) = token.kind else {
            next_line = 0;
            continue;
        };
        match comments.last_mut() {
            Some((last_kind, passage)) if *last_kind == kind && token.line == next_line => {
                passage.text.push('\n');
                passage.text.push_str(token.text);
            }
            _ => comments.push((
                kind,
                Passage {
                    line: token.line,
                    text: token.text.to_owned(),
                },
            )),
        }
        next_line = token.line + super::markdown::newlines(token.text) + 1;
    }
    comments
}

/// Replaces escape sequences such as `\n` with spaces, and keeps line breaks.
fn without_escapes(literal: &str) -> String {
    let mut text = String::new();
    let mut characters = literal.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        text.push(' ');
        if characters.next() == Some('\n') {
            text.push('\n');
        }
    }
    text
}
