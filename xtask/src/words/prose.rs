//! The words of a text.

use super::markdown::Passage;
use super::rules::TextWord;

/// Splits a text into words, in lower case.
pub(super) fn words(passage: &Passage) -> Vec<TextWord> {
    raw_words(passage)
        .into_iter()
        .map(|(line, word, gap)| TextWord {
            line,
            word: word.replace('’', "'").to_lowercase(),
            before_colon: gap.starts_with(':') && !gap.starts_with("::"),
            joined: gap
                .chars()
                .all(|character| character.is_whitespace() || character == '*'),
        })
        .collect()
}

/// Returns the words of a text that are written like identifiers: `max_bytes`, `HttpServer`.
pub(super) fn identifiers(passage: &Passage) -> Vec<(usize, &str)> {
    raw_words(passage)
        .into_iter()
        .filter(|(_, word, _)| {
            let has_inner_capital = word.chars().skip(1).any(char::is_uppercase)
                && word.chars().any(char::is_lowercase);
            word.contains('_') || has_inner_capital
        })
        .map(|(line, word, _)| (line, word))
        .collect()
}

/// Returns each word with its line and the text between it and the next word.
fn raw_words(passage: &Passage) -> Vec<(usize, &str, &str)> {
    let mut words = Vec::new();
    let mut rest = passage.text.as_str();
    let mut line = passage.line;
    while let Some(start) = rest.find(is_word_character) {
        line += super::markdown::newlines(&rest[..start]);
        rest = &rest[start..];
        let end = rest
            .find(|character| !is_word_character(character) && !matches!(character, '\'' | '’'))
            .unwrap_or(rest.len());
        let gap_end = rest[end..]
            .find(is_word_character)
            .unwrap_or(rest.len() - end);
        let word = rest[..end].trim_matches(['_', '\'', '’']);
        if !word.is_empty() {
            words.push((line, word, &rest[end..end + gap_end]));
        }
        rest = &rest[end..];
    }
    words
}

fn is_word_character(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
