//! Names with wildcards.

use crate::registry::prometheus_names;

/// A name in which `*` stands for any characters and `?` for one. It matches names in Prometheus's spelling,
/// by which the registry identifies metrics and labels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pattern(String);

// === impl Pattern ===

impl Pattern {
    /// Returns the pattern of a metric, or `None` if it is empty or has white space.
    pub(super) fn of_metric(name: &str) -> Option<Self> {
        if name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        Some(Self(prometheus_names::metric_pattern(name).into_owned()))
    }

    /// Returns the pattern of a label, or `None` if no label has such a name.
    pub(super) fn of_label(name: &str) -> Option<Self> {
        let may_start = |c: char| c.is_ascii_alphabetic() || matches!(c, '_' | '*' | '?');
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/:*?".contains(c);
        if !name.starts_with(may_start) || !name.chars().all(is_allowed) {
            return None;
        }
        Some(Self(prometheus_names::label_pattern(name).into_owned()))
    }

    pub(super) fn has_wildcards(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// Returns whether the pattern matches a name in Prometheus's spelling, which is ASCII.
    ///
    /// Takes at most the product of both lengths, because only the last `*` is tried again.
    pub(super) fn matches(&self, name: &str) -> bool {
        let (pattern, name) = (self.0.as_bytes(), name.as_bytes());
        let (mut p, mut n) = (0, 0);
        // Where to go on if the rest does not match: after the last `*`, which then takes one byte more.
        let mut last_star: Option<(usize, usize)> = None;
        while n < name.len() {
            match pattern.get(p) {
                Some(b'*') => {
                    last_star = Some((p + 1, n));
                    p += 1;
                }
                Some(&byte) if byte == b'?' || byte == name[n] => {
                    p += 1;
                    n += 1;
                }
                _ => {
                    let Some((after_star, taken)) = last_star else {
                        return false;
                    };
                    last_star = Some((after_star, taken + 1));
                    (p, n) = (after_star, taken + 1);
                }
            }
        }
        pattern[p..].iter().all(|byte| *byte == b'*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        let name = prometheus_names::metric_name(name);
        Pattern::of_metric(pattern).unwrap().matches(&name)
    }

    #[test]
    fn spelling_does_not_matter() {
        assert!(matches("http.server.duration", "http_server_duration"));
        assert!(matches("http_server_duration", "http.server.duration"));
        assert!(matches("http.server.*", "http.server.duration"));
        assert!(!matches("http.server", "http.server.duration"));
    }

    #[test]
    fn wildcards_match_any_characters() {
        assert!(matches("*", "x"));
        assert!(matches("*.duration", "http.server.duration"));
        assert!(matches("*a*b*", "xaxaxbx"));
        assert!(matches("a*ab", "aaab"));
        assert!(matches("a?c", "abc"));
        assert!(!matches("a?c", "ac"));
        assert!(!matches("*a*b", "xbxa"));
        assert!(matches("ab*", "ab"));
    }

    #[test]
    fn invalid_names_are_no_patterns() {
        for invalid in ["", "a b", "1a", "a=b", "a,b", "ä", "{a}", ".a"] {
            assert_eq!(Pattern::of_label(invalid), None, "{invalid}");
        }
        for invalid in ["", " ", "a b"] {
            assert_eq!(Pattern::of_metric(invalid), None, "{invalid}");
        }
    }
}
