//! Trees of values as HTML.

use std::borrow::Cow;
use std::fmt::Write as _;

use gusset_data::{SharedStr, StateTree};

/// The column of trace ids.
const TRACE_ID: &str = "trace_id";

/// The column of ids of incident reports.
pub(crate) const REPORT: &str = "report";

/// Returns a text without characters that HTML interprets, in content and in attributes with quotes.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '>', '&', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            char => escaped.push(char),
        }
    }
    Cow::Owned(escaped)
}

/// Writes a tree: fields as a list of terms, a list of fields as a table.
pub(crate) fn write(page: &mut String, state: &StateTree) {
    match state {
        StateTree::Unknown => page.push_str("<span class=\"unknown\">unknown</span>"),
        StateTree::Value(value) => page.push_str(&escape(&value.to_string())),
        StateTree::Fields(fields) => write_fields(page, fields),
        StateTree::List(items) => match columns(items) {
            Some(columns) => write_table(page, &columns, items),
            None => write_list(page, items),
        },
        // A kind that this version does not know.
        other => page.push_str(&escape(&other.to_string())),
    }
}

fn write_fields(page: &mut String, fields: &[(SharedStr, StateTree)]) {
    page.push_str("<dl>");
    for (name, value) in fields {
        let _ = write!(page, "<dt>{}</dt><dd>", escape(name));
        write(page, value);
        page.push_str("</dd>");
    }
    page.push_str("</dl>");
}

fn write_list(page: &mut String, items: &[StateTree]) {
    if items.is_empty() {
        page.push_str("<p class=\"unknown\">none</p>");
        return;
    }
    page.push_str("<ul>");
    for item in items {
        page.push_str("<li>");
        write(page, item);
        page.push_str("</li>");
    }
    page.push_str("</ul>");
}

fn write_table(page: &mut String, columns: &[&SharedStr], items: &[StateTree]) {
    // It scrolls, so the keyboard has to reach it.
    page.push_str(
        "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr>",
    );
    for column in columns {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escape(column));
    }
    page.push_str("</tr></thead><tbody>");
    for item in items {
        page.push_str("<tr>");
        for column in columns {
            page.push_str("<td>");
            let cell = item.get(column).unwrap_or(&StateTree::Unknown);
            match (&***column, cell) {
                (TRACE_ID, StateTree::Value(id)) => write_trace_id(page, &id.to_string()),
                (REPORT, StateTree::Value(id)) => write_report(page, &id.to_string()),
                _ => write(page, cell),
            }
            page.push_str("</td>");
        }
        page.push_str("</tr>");
    }
    page.push_str("</tbody></table></div>");
}

/// Writes a trace id that opens the log entries of the trace.
fn write_trace_id(page: &mut String, id: &str) {
    match id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => {
            let _ = write!(
                page,
                "<a href=\"ops/api/log?trace_id={id}\" data-trace=\"{id}\">{id}</a>"
            );
        }
        false => page.push_str(&escape(id)),
    }
}

/// Writes the id of an incident report that opens it.
fn write_report(page: &mut String, id: &str) {
    let query: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    let id = escape(id);
    let _ = write!(page, "{id}");
    for (format, title) in [("md", "Markdown"), ("json", "JSON")] {
        let _ = write!(
            page,
            " <a href=\"ops/incidents?id={query}&amp;format={format}\" data-open=\"{id}\" aria-label=\"{id} as {title}\">{title}</a>"
        );
    }
}

/// Returns the names of the fields, if all items have fields.
fn columns(items: &[StateTree]) -> Option<Vec<&SharedStr>> {
    let mut columns = Vec::new();
    for item in items {
        let StateTree::Fields(fields) = item else {
            return None;
        };
        for (name, _) in fields {
            if !columns.contains(&name) {
                columns.push(name);
            }
        }
    }
    (!columns.is_empty()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(state: &StateTree) -> String {
        let mut page = String::new();
        write(&mut page, state);
        page
    }

    #[test]
    fn markup_in_values_and_names_is_text() {
        let script = "<script>alert('x')</script>";
        let state = StateTree::fields([(script, String::from(script).into())]);
        let page = html(&state);
        assert!(!page.contains("<script"), "{page}");
        assert!(page.contains("&lt;script&gt;alert(&#39;x&#39;)"));
    }

    #[test]
    fn list_of_fields_is_a_table_with_all_columns() {
        let rows = StateTree::list([
            StateTree::fields([("a", 1_u64.into())]),
            StateTree::fields([("a", 2_u64.into()), ("b", true.into())]),
        ]);
        let expected = "<div class=\"wide\" role=\"group\" aria-label=\"Table\" tabindex=\"0\"><table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>\
            <tbody><tr><td>1</td><td><span class=\"unknown\">unknown</span></td></tr><tr><td>2</td><td>true</td></tr></tbody></table></div>";
        assert_eq!(html(&rows), expected);
    }

    #[test]
    fn trace_id_opens_its_log_entries() {
        let row = |id: &str| {
            let fields = StateTree::fields([("trace_id", String::from(id).into())]);
            html(&StateTree::list([fields]))
        };
        assert!(
            row("00ab")
                .contains("<a href=\"ops/api/log?trace_id=00ab\" data-trace=\"00ab\">00ab</a>")
        );
        assert!(row("\"><b>").contains("<td>&quot;&gt;&lt;b&gt;</td>"));
    }

    #[test]
    fn other_lists_are_lists() {
        assert_eq!(html(&StateTree::list(["x".into()])), "<ul><li>x</li></ul>");
        assert_eq!(html(&StateTree::list([])), "<p class=\"unknown\">none</p>");
    }
}
