//! JSON, as much of it as answers take.

use std::fmt::Write as _;

/// An object or an array as it is written.
#[derive(Debug, Default)]
pub(super) struct Json {
    text: String,
    /// Whether the next member follows another.
    follows: bool,
}

// === impl Json ===

impl Json {
    pub(super) fn into_string(self) -> String {
        self.text
    }

    /// A member of an object, or with no key an element of an array, that has members itself.
    pub(super) fn nest(
        &mut self,
        key: Option<&str>,
        [open, close]: [char; 2],
        inner: impl FnOnce(&mut Self),
    ) {
        self.key(key);
        self.text.push(open);
        self.follows = false;
        inner(self);
        self.text.push(close);
        self.follows = true;
    }

    pub(super) fn object(&mut self, key: &str, inner: impl FnOnce(&mut Self)) {
        self.nest(Some(key), ['{', '}'], inner);
    }

    pub(super) fn element(&mut self, inner: impl FnOnce(&mut Self)) {
        self.nest(None, ['{', '}'], inner);
    }

    pub(super) fn array(&mut self, key: &str, inner: impl FnOnce(&mut Self)) {
        self.nest(Some(key), ['[', ']'], inner);
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        self.key(Some(key));
        self.quoted(value);
    }

    pub(super) fn number(&mut self, key: &str, value: f64) {
        self.key(Some(key));
        let value = if value.is_finite() { value } else { 0.0 };
        let _ = write!(self.text, "{value}");
    }

    pub(super) fn flag(&mut self, key: &str, value: bool) {
        self.key(Some(key));
        let _ = write!(self.text, "{value}");
    }

    fn key(&mut self, key: Option<&str>) {
        if std::mem::replace(&mut self.follows, true) {
            self.text.push(',');
        }
        if let Some(key) = key {
            self.quoted(key);
            self.text.push(':');
        }
    }

    fn quoted(&mut self, value: &str) {
        self.text.push('"');
        for char in value.chars() {
            match char {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                char if (char as u32) < 0x20 => {
                    let _ = write!(self.text, "\\u{:04x}", char as u32);
                }
                char => self.text.push(char),
            }
        }
        self.text.push('"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let said = "a \"quoted\" \\ line\n\u{1}\u{fffd}é";
        let mut json = Json::default();
        json.element(|json| {
            json.text("said", said);
            json.object("none", |_| {});
            json.array("list", |json| {
                json.element(|json| json.number("n", 0.25));
                json.element(|json| json.flag("b", true));
            });
        });
        let read: serde_json::Value = serde_json::from_str(&json.into_string()).unwrap();
        let meant =
            serde_json::json!({"said": said, "none": {}, "list": [{"n": 0.25}, {"b": true}]});
        assert_eq!(read, meant);
    }
}
