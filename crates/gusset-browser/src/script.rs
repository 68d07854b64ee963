//! The script, and the element that loads it.

use bytes::Bytes;

const SCRIPT: &str = include_str!("script.js");

/// Returns the script with its sampling ratio.
pub(crate) fn with_ratio(ratio: f64) -> Bytes {
    SCRIPT.replacen("RATIO", &ratio.to_string(), 1).into()
}

/// Returns the element that loads the script for a page.
pub(crate) fn element(src: &str, page: &str) -> String {
    let (src, page) = (escape(src), escape(page));
    format!("<script defer src=\"{src}\" data-page=\"{page}\"></script>")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn script_has_at_most_three_kibibytes() {
        let script = with_ratio(0.123_456_789);
        assert!(script.len() <= 3072, "{} bytes", script.len());
    }

    #[test]
    fn script_has_its_ratio() {
        let script = with_ratio(0.25);
        let script = std::str::from_utf8(&script).unwrap();
        assert!(script.contains("const ratio = 0.25;") && !script.contains("RATIO"));
    }

    #[test]
    fn element_escapes_its_attributes() {
        assert_eq!(
            element("/a.js?b&c", "\"><script>"),
            "<script defer src=\"/a.js?b&amp;c\" data-page=\"&quot;&gt;&lt;script&gt;\"></script>"
        );
    }
}
