//! A tokenizer for Rust source, as much of it as the checks need.

/// One token, with the line on which it starts.
#[derive(Debug)]
pub(crate) struct Token<'a> {
    pub(crate) line: usize,
    pub(crate) kind: TokenKind,
    /// The source text. Without the delimiters for comments and string literals.
    pub(crate) text: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    Ident,
    /// A string literal of any kind.
    Str {
        raw: bool,
    },
    Comment(CommentKind),
    /// One character of punctuation.
    Punct,
    /// Lifetimes, character literals and numbers.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommentKind {
    /// `//` and `/* */`
    Plain,
    /// `///` and `/** */`
    OuterDoc,
    /// `//!` and `/*! */`
    InnerDoc,
}

/// Splits the source into tokens. Accepts source that does not compile.
pub(crate) fn tokenize(source: &str) -> Vec<Token<'_>> {
    let mut scanner = Scanner {
        source,
        position: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    loop {
        scanner.skip_while(char::is_whitespace);
        let (start, line) = (scanner.position, scanner.line);
        let Some(first) = scanner.peek() else {
            return tokens;
        };
        let (kind, range) = scanner.token(first);
        tokens.push(Token {
            line,
            kind,
            text: source.get(range).unwrap_or_default(),
        });
        // Guarantees progress whatever the source is.
        if scanner.position == start {
            scanner.bump();
        }
    }
}

struct Scanner<'a> {
    source: &'a str,
    position: usize,
    line: usize,
}

type Range = std::ops::Range<usize>;

// === impl Scanner ===

impl Scanner<'_> {
    fn token(&mut self, first: char) -> (TokenKind, Range) {
        let start = self.position;
        match first {
            '/' if self.starts_with("//") => self.line_comment(),
            '/' if self.starts_with("/*") => self.block_comment(),
            '"' => self.string(false),
            '\'' => self.quote(),
            _ if first.is_ascii_digit() => {
                self.number();
                (TokenKind::Other, start..self.position)
            }
            _ if is_ident_start(first) => self.ident_or_literal(),
            _ => {
                self.bump();
                (TokenKind::Punct, start..self.position)
            }
        }
    }

    fn line_comment(&mut self) -> (TokenKind, Range) {
        let rest = self.rest();
        let (kind, marker) = if rest.starts_with("//!") {
            (CommentKind::InnerDoc, 3)
        } else if rest.starts_with("///") && !rest.starts_with("////") {
            (CommentKind::OuterDoc, 3)
        } else {
            (CommentKind::Plain, 2)
        };
        self.skip(marker);
        let start = self.position;
        self.skip_while(|character| character != '\n');
        (TokenKind::Comment(kind), start..self.position)
    }

    fn block_comment(&mut self) -> (TokenKind, Range) {
        let rest = self.rest();
        let (kind, marker) = if rest.starts_with("/*!") {
            (CommentKind::InnerDoc, 3)
        } else if rest.starts_with("/**") && !rest.starts_with("/***") && !rest.starts_with("/**/")
        {
            (CommentKind::OuterDoc, 3)
        } else {
            (CommentKind::Plain, 2)
        };
        self.skip(marker);
        let start = self.position;
        // Block comments nest.
        let mut depth = 1;
        while self.peek().is_some() {
            if self.starts_with("*/") {
                depth -= 1;
                if depth == 0 {
                    let end = self.position;
                    self.skip(2);
                    return (TokenKind::Comment(kind), start..end);
                }
                self.skip(2);
            } else if self.starts_with("/*") {
                depth += 1;
                self.skip(2);
            } else {
                self.bump();
            }
        }
        (TokenKind::Comment(kind), start..self.position)
    }

    /// Reads an identifier, or a literal with a prefix such as `b"…"`, `r#"…"#` or `b'…'`.
    fn ident_or_literal(&mut self) -> (TokenKind, Range) {
        let start = self.position;
        self.skip_while(is_ident_continue);
        let text = &self.source[start..self.position];
        match (text, self.peek()) {
            ("b" | "c", Some('"')) => self.string(false),
            ("r" | "br" | "cr", Some('"')) => self.string(true),
            ("r" | "br" | "cr", Some('#')) if self.raw_string_follows() => self.string(true),
            ("r", Some('#')) => {
                // A raw identifier: `r#type`.
                self.bump();
                let start = self.position;
                self.skip_while(is_ident_continue);
                (TokenKind::Ident, start..self.position)
            }
            ("b", Some('\'')) => self.quote(),
            _ => (TokenKind::Ident, start..self.position),
        }
    }

    fn raw_string_follows(&self) -> bool {
        self.rest().trim_start_matches('#').starts_with('"')
    }

    /// Reads a string from its first `#` or quote on.
    fn string(&mut self, raw: bool) -> (TokenKind, Range) {
        let hashes = self.rest().len() - self.rest().trim_start_matches('#').len();
        self.skip(hashes + 1);
        let start = self.position;
        let end_marker = format!("\"{}", "#".repeat(hashes));
        while let Some(character) = self.peek() {
            if character == '\\' && !raw {
                self.bump();
                self.bump();
            } else if self.starts_with(&end_marker) {
                let end = self.position;
                self.skip(end_marker.len());
                return (TokenKind::Str { raw }, start..end);
            } else {
                self.bump();
            }
        }
        (TokenKind::Str { raw }, start..self.position)
    }

    /// Reads a character literal or a lifetime.
    fn quote(&mut self) -> (TokenKind, Range) {
        let start = self.position;
        self.bump();
        let mut next = self.rest().chars();
        let is_char = matches!(
            (next.next(), next.next()),
            (Some('\\'), _) | (Some(_), Some('\''))
        );
        if is_char {
            if self.peek() == Some('\\') {
                self.bump();
            }
            self.bump();
            self.skip_while(|character| character != '\'' && character != '\n');
            self.bump();
        } else {
            self.skip_while(is_ident_continue);
        }
        (TokenKind::Other, start..self.position)
    }

    fn number(&mut self) {
        self.skip_while(is_ident_continue);
        let mut rest = self.rest().chars();
        // `1.5` is one number, `1..5` and `1.max(2)` are not.
        if rest.next() == Some('.') && rest.next().is_some_and(|next| next.is_ascii_digit()) {
            self.bump();
            self.skip_while(is_ident_continue);
        }
    }

    fn rest(&self) -> &str {
        self.source.get(self.position..).unwrap_or_default()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.rest().starts_with(prefix)
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) {
        if let Some(character) = self.peek() {
            self.position += character.len_utf8();
            if character == '\n' {
                self.line += 1;
            }
        }
    }

    fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.bump();
        }
    }

    fn skip_while(&mut self, matches: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&matches) {
            self.bump();
        }
    }
}

pub(super) fn is_ident_start(character: char) -> bool {
    character.is_alphabetic() || character == '_'
}

pub(super) fn is_ident_continue(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}
