//! Finds the modules, the imports and the paths in a source file.

use std::collections::BTreeSet;

use super::ModulePath;
use crate::words::tokens::{self, Token, TokenKind};

/// What a file contains.
#[derive(Debug, Default)]
pub(super) struct Source {
    /// The modules in the file itself: `mod name { … }`.
    pub(super) modules: BTreeSet<ModulePath>,
    /// The test modules, in the file itself or in their own.
    pub(super) tests: BTreeSet<ModulePath>,
    pub(super) references: Vec<Reference>,
}

/// A path that code uses.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The module that uses the path.
    pub(super) from: ModulePath,
    /// The path from the root of the crate.
    pub(super) path: Vec<String>,
    /// The name under which a `use` imports it.
    pub(super) name: Option<String>,
    pub(super) line: usize,
}

/// Parses a file of the given module.
pub(super) fn parse(text: &str, module: &[String]) -> Source {
    let mut tokens = tokens::tokenize(text);
    tokens.retain(|token| !matches!(token.kind, TokenKind::Comment(_)));
    let mut parser = Parser {
        tokens: &tokens,
        position: 0,
        module: module.to_vec(),
        source: Source::default(),
    };
    parser.block();
    parser.source
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    position: usize,
    /// The module of the current position.
    module: ModulePath,
    source: Source,
}

// === impl Parser ===

impl<'a> Parser<'a> {
    /// Reads up to the brace that closes the current block, or to the end.
    fn block(&mut self) {
        let mut is_test = false;
        while let Some(text) = self.text(0) {
            match text {
                "#" => {
                    is_test |= self.attribute();
                    continue;
                }
                "mod" if self.kind(1) == Some(TokenKind::Ident) => {
                    self.module(is_test);
                    is_test = false;
                    continue;
                }
                "use" if self.kind(0) == Some(TokenKind::Ident) => {
                    self.position += 1;
                    if is_test {
                        self.skip_to(";");
                    } else {
                        self.tree(&[]);
                    }
                    is_test = false;
                    continue;
                }
                "crate" | "super" | "self" if self.is_path_start() => {
                    self.tree(&[]);
                    continue;
                }
                "{" if self.kind(0) == Some(TokenKind::Punct) => {
                    self.position += 1;
                    match is_test {
                        true => self.skip_block(),
                        false => self.block(),
                    }
                    is_test = false;
                    continue;
                }
                "}" if self.kind(0) == Some(TokenKind::Punct) => {
                    self.position += 1;
                    return;
                }
                ";" => is_test = false,
                _ => {}
            }
            self.position += 1;
        }
    }

    /// Reads an attribute, and returns whether its item is compiled only for tests.
    fn attribute(&mut self) -> bool {
        let start = self.position;
        self.position += 1;
        if self.text(0) == Some("!") {
            self.position += 1;
        }
        if self.text(0) != Some("[") {
            return false;
        }
        let mut depth = 0;
        while let Some(text) = self.text(0) {
            self.position += 1;
            match text {
                "[" => depth += 1,
                "]" => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let words: Vec<&str> = self.tokens[start..self.position]
            .iter()
            .map(|token| token.text)
            .collect();
        words.contains(&"cfg") && words.contains(&"test") && !words.contains(&"not")
    }

    /// Reads `mod name;`, or `mod name { … }` with its content.
    fn module(&mut self, is_test: bool) {
        let name = self.text(1).unwrap_or_default().to_owned();
        self.position += 2;
        self.module.push(name);
        if is_test {
            self.source.tests.insert(self.module.clone());
        }
        if self.text(0) == Some("{") {
            self.position += 1;
            self.source.modules.insert(self.module.clone());
            if is_test {
                self.skip_block();
            } else {
                self.block();
            }
        }
        self.module.pop();
    }

    fn is_path_start(&self) -> bool {
        self.text(1) == Some(":") && self.text(2) == Some(":")
    }

    /// Reads a path, or the tree of paths of a `use`, below the segments read so far.
    fn tree(&mut self, prefix: &[String]) {
        let line = self.tokens.get(self.position).map_or(0, |token| token.line);
        let mut path = prefix.to_vec();
        // `use ::name` is a path of another crate.
        if prefix.is_empty() && self.text(0) == Some(":") {
            return self.skip_to(";");
        }
        loop {
            match self.text(0) {
                Some("{") => {
                    self.position += 1;
                    while let Some(text) = self.text(0) {
                        match text {
                            "}" => break,
                            "," => self.position += 1,
                            _ => self.tree(&path),
                        }
                    }
                    self.position += 1;
                    return;
                }
                Some("*") => {
                    self.position += 1;
                    return self.reference(&path, None, line);
                }
                Some(text) if self.kind(0) == Some(TokenKind::Ident) => {
                    path.push(text.to_owned());
                    self.position += 1;
                }
                // A generic argument, as in `crate::a::new::<T>`.
                _ => {
                    // Guarantees progress whatever the source is.
                    if path.len() == prefix.len() {
                        self.position += 1;
                    }
                    break;
                }
            }
            if self.text(0) == Some(":") && self.text(1) == Some(":") {
                self.position += 2;
            } else {
                break;
            }
        }
        let mut name = path.last().cloned();
        if self.text(0) == Some("as") {
            name = self.text(1).map(str::to_owned);
            self.position += 2;
        }
        self.reference(&path, name, line);
    }

    /// Adds a path as written, if it is one of this crate.
    fn reference(&mut self, written: &[String], name: Option<String>, line: usize) {
        let mut path = self.module.clone();
        let mut name = name;
        for (at, segment) in written.iter().enumerate() {
            match segment.as_str() {
                "crate" => path.clear(),
                "super" => {
                    path.pop();
                }
                // `use self::a::{self, B}`
                "self" if at > 0 => name = written.get(at - 1).cloned(),
                "self" => {}
                segment => path.push(segment.to_owned()),
            }
        }
        self.source.references.push(Reference {
            from: self.module.clone(),
            path,
            name,
            line,
        });
    }

    fn skip_block(&mut self) {
        let mut depth = 1;
        while let (Some(text), 1..) = (self.text(0), depth) {
            match (text, self.kind(0)) {
                ("{", Some(TokenKind::Punct)) => depth += 1,
                ("}", Some(TokenKind::Punct)) => depth -= 1,
                _ => {}
            }
            self.position += 1;
        }
    }

    fn skip_to(&mut self, end: &str) {
        while self.text(0).is_some_and(|text| text != end) {
            self.position += 1;
        }
    }

    fn text(&self, ahead: usize) -> Option<&'a str> {
        self.tokens
            .get(self.position + ahead)
            .map(|token| match token.kind {
                // The content of a literal is not code.
                TokenKind::Str { .. } | TokenKind::Other => "\"",
                _ => token.text,
            })
    }

    fn kind(&self, ahead: usize) -> Option<TokenKind> {
        self.tokens
            .get(self.position + ahead)
            .map(|token| token.kind)
    }
}
