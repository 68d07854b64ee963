//! Checks of a TOML file: its comments and its values.

use super::Checker;
use super::markdown::Passage;

impl Checker<'_> {
    /// Checks the comments and string values. Keys belong to other tools.
    pub(super) fn check_toml(&mut self, source: &Passage) {
        let mut comments = Passage {
            line: source.line,
            text: String::new(),
        };
        let mut values = comments.clone();
        for line in source.text.split('\n') {
            let (content, comment) = split_comment(line);
            match comment {
                Some(comment) => comments.text.push_str(comment),
                None => comments.text.push(super::markdown::PLACEHOLDER),
            }
            comments.text.push('\n');
            values.text.extend(content.split('"').skip(1).step_by(2));
            values.text.push(super::markdown::PLACEHOLDER);
            values.text.push('\n');
        }
        self.check_markdown(&comments);
        self.check_text(&values);
    }
}

fn split_comment(line: &str) -> (&str, Option<&str>) {
    let mut quoted = false;
    for (index, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '#' if !quoted => return (&line[..index], Some(&line[index + 1..])),
            _ => {}
        }
    }
    (line, None)
}
