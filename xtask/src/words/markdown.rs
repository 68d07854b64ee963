//! Markdown, split into prose and code.

/// Stands for code and links in prose, so that the words around them stay apart.
pub(super) const PLACEHOLDER: char = '\u{1}';

/// A text that starts on a line of its file.
#[derive(Clone, Debug, Default)]
pub(super) struct Passage {
    pub(super) line: usize,
    pub(super) text: String,
}

#[derive(Debug, Default)]
pub(super) struct Document {
    /// The text with a placeholder for each code block, code span and link target.
    /// It has as many lines as the source.
    pub(super) prose: Passage,
    pub(super) code_spans: Vec<Passage>,
    pub(super) code_blocks: Vec<CodeBlock>,
}

#[derive(Debug)]
pub(super) struct CodeBlock {
    pub(super) language: String,
    pub(super) passage: Passage,
}

/// Splits a Markdown text.
pub(super) fn parse(source: &Passage) -> Document {
    let mut document = Document {
        prose: Passage {
            line: source.line,
            text: String::new(),
        },
        ..Document::default()
    };
    let mut fence: Option<(String, CodeBlock)> = None;
    for (index, line) in source.text.split('\n').enumerate() {
        let content = line.trim_start();
        let marker = fence_marker(content);
        match (&mut fence, marker) {
            (Some((opened, _)), Some(marker))
                if marker.starts_with(opened.as_str()) && content.trim_end() == marker =>
            {
                document
                    .code_blocks
                    .extend(fence.take().map(|(_, block)| block));
                document.prose.text.push(PLACEHOLDER);
            }
            (Some((_, block)), _) => {
                block.passage.text.push_str(line);
                block.passage.text.push('\n');
                document.prose.text.push(PLACEHOLDER);
            }
            (None, Some(marker)) => {
                let block = CodeBlock {
                    language: content[marker.len()..].trim().to_owned(),
                    passage: Passage {
                        line: source.line + index + 1,
                        text: String::new(),
                    },
                };
                fence = Some((marker.to_owned(), block));
                document.prose.text.push(PLACEHOLDER);
            }
            (None, None) if content.is_empty() => document.prose.text.push(PLACEHOLDER),
            (None, None) => document.prose.text.push_str(line),
        }
        document.prose.text.push('\n');
    }
    document.code_blocks.extend(fence.map(|(_, block)| block));
    document.take_code_spans();
    document.prose.text = hide_links(&document.prose.text);
    document
}

// === impl Document ===

impl Document {
    fn take_code_spans(&mut self) {
        let text = std::mem::take(&mut self.prose.text);
        let mut rest = text.as_str();
        let mut line = self.prose.line;
        while let Some(start) = rest.find('`') {
            let ticks = rest[start..].len() - rest[start..].trim_start_matches('`').len();
            let (before, after) = (&rest[..start], &rest[start + ticks..]);
            self.prose.text.push_str(before);
            line += newlines(before);
            match closing(after, ticks) {
                Some(end) => {
                    let code = &after[..end];
                    self.code_spans.push(Passage {
                        line,
                        text: code.to_owned(),
                    });
                    hide(&mut self.prose.text, code);
                    line += newlines(code);
                    rest = &after[end + ticks..];
                }
                None => rest = after,
            }
        }
        self.prose.text.push_str(rest);
    }
}

fn fence_marker(content: &str) -> Option<&str> {
    ["`", "~"].into_iter().find_map(|character| {
        let length = content.len() - content.trim_start_matches(character).len();
        (length >= 3).then(|| &content[..length])
    })
}

/// Finds the run of exactly `ticks` backticks that ends a code span in the same paragraph.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut position = 0;
    while let Some(found) = text[position..].find('`') {
        let start = position + found;
        if text[..start].contains(PLACEHOLDER) {
            return None;
        }
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == ticks {
            return Some(start);
        }
        position = start + length;
    }
    None
}

/// Replaces link targets and bare URLs with placeholders.
fn hide_links(text: &str) -> String {
    let mut hidden = String::new();
    let mut rest = text;
    loop {
        let target = rest.find("](").map(|start| (start + 2, ')'));
        let url = rest.find("://").map(|middle| {
            let scheme = rest[..middle].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
            (scheme.len(), ' ')
        });
        let first = [target, url].into_iter().flatten().min();
        let Some((start, end)) = first else {
            hidden.push_str(rest);
            return hidden;
        };
        let ends = |c: char| c == end || c.is_whitespace() || c == '>' || (end == ' ' && c == ')');
        let length = rest[start..].find(ends).unwrap_or(rest[start..].len());
        hidden.push_str(&rest[..start]);
        hide(&mut hidden, &rest[start..start + length]);
        rest = &rest[start + length..];
    }
}

fn hide(output: &mut String, text: &str) {
    output.push(PLACEHOLDER);
    output.extend(text.chars().filter(|character| *character == '\n'));
}

pub(super) fn newlines(text: &str) -> usize {
    text.matches('\n').count()
}
