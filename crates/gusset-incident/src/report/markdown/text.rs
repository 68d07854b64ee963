//! Texts that may have anything in them, as parts of Markdown.

/// The longest cell of a table.
const MAX_CELL: usize = 160;

/// Returns a text for one line of Markdown: it is neither markup nor HTML, and has no line break.
pub(super) fn inline(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => line.push(' '),
            c if c.is_control() => line.push('\u{fffd}'),
            '&' => line.push_str("&amp;"),
            '<' => line.push_str("&lt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                line.push('\\');
                line.push(c);
            }
            c => line.push(c),
        }
    }
    line
}

/// Returns a text for a cell of a table, which is cut.
pub(super) fn cell(text: &str) -> String {
    let cut = gusset_http::truncate_str(text, MAX_CELL);
    let mut cell = inline(cut);
    if cut.len() < text.len() {
        cell.push('…');
    }
    cell
}

/// Appends a block of text that is shown as it is. Its fence is longer than any in the text.
pub(super) fn block(page: &mut String, text: &str) {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    page.push_str(&fence);
    page.push_str("text\n");
    for c in text.trim_end().chars() {
        // Sequences of control characters may change a terminal.
        page.push(if c.is_control() && c != '\n' {
            '\u{fffd}'
        } else {
            c
        });
    }
    page.push('\n');
    page.push_str(&fence);
    page.push('\n');
}

/// Appends a table.
pub(super) fn table<const N: usize>(
    page: &mut String,
    head: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) {
    let mut line = |cells: &[String]| {
        page.push_str("| ");
        page.push_str(&cells.join(" | "));
        page.push_str(" |\n");
    };
    line(&head.map(str::to_owned));
    line(&std::array::from_fn::<_, N, _>(|_| "---".to_owned()));
    for row in rows {
        line(&row.map(|text| cell(&text)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_no_markup() {
        let text = inline("<script>|`a`\n# [x](y) &lt; \u{1b}[31m");
        assert_eq!(
            text,
            "&lt;script>\\|\\`a\\` \\# \\[x\\](y) &amp;lt; \u{fffd}\\[31m"
        );
    }

    #[test]
    fn block_ends_at_its_own_fence() {
        let mut page = String::new();
        block(&mut page, "a\n````\nb\u{1b}\n");
        assert_eq!(page, "`````text\na\n````\nb\u{fffd}\n`````\n");
    }

    #[test]
    fn long_cell_is_cut() {
        assert_eq!(cell(&"é".repeat(200)).chars().count(), 81);
    }
}
