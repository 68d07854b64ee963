//! The document of a tick, and what has changed since the one before.

use bytes::Bytes;
use gusset_data::SharedStr;

use super::NOTHING;

/// The sections of the last tick, each with the tick at which it changed.
#[derive(Default)]
pub(super) struct Document {
    tick: Option<u64>,
    /// The tick of the document before.
    before: Option<u64>,
    sections: Vec<Content>,
    /// For viewers that have nothing.
    whole: Option<Bytes>,
    /// For viewers that have the document before.
    changes: Option<Bytes>,
}

struct Content {
    id: SharedStr,
    html: String,
    changed: u64,
}

// === impl Document ===

impl Document {
    pub(super) fn tick(&self) -> Option<u64> {
        self.tick
    }

    /// Replaces the document by that of a later tick.
    pub(super) fn update(&mut self, tick: u64, contents: Vec<(SharedStr, String)>) {
        let old = std::mem::take(&mut self.sections);
        let content = |(id, html): (SharedStr, String)| {
            let same = old.iter().find(|old| old.id == id && old.html == html);
            let changed = same.map_or(tick, |same| same.changed);
            Content { id, html, changed }
        };
        self.sections = contents.into_iter().map(content).collect();
        self.before = self.tick.replace(tick);
        self.whole = None;
        self.changes = None;
    }

    /// Returns the event for a viewer that has the document of a tick, or none. All viewers with the same share it.
    pub(super) fn event(&mut self, seen: Option<u64>) -> Bytes {
        let sections = &self.sections;
        match seen {
            None => {
                let whole = self.whole.get_or_insert_with(|| event(sections, |_| true));
                whole.clone()
            }
            Some(seen) if self.before == Some(seen) => {
                let changes = &mut self.changes;
                let changes = changes.get_or_insert_with(|| event(sections, |it| it > seen));
                changes.clone()
            }
            // It has missed a tick, or has this one already.
            Some(seen) => event(sections, |changed| changed > seen),
        }
    }
}

/// Returns an event with the sections of which the tick of their change matches, as a JSON object.
/// (HTML, server-sent events: one line, because JSON has no line breaks in strings.)
fn event(sections: &[Content], is_sent: impl Fn(u64) -> bool) -> Bytes {
    let mut event = String::from("data: {");
    let start = event.len();
    for Content { id, html, changed } in sections {
        if is_sent(*changed) {
            if event.len() > start {
                event.push(',');
            }
            for (text, end) in [(&**id, ":"), (html, "")] {
                let text = serde_json::to_string(text).expect("a text is JSON");
                event.push_str(&text);
                event.push_str(end);
            }
        }
    }
    if event.len() == start {
        return Bytes::from_static(NOTHING);
    }
    event.push_str("}\n\n");
    event.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents(count: &str) -> Vec<(SharedStr, String)> {
        vec![
            ("fixed".into(), "<b>\n</b>".to_owned()),
            ("count".into(), count.to_owned()),
        ]
    }

    #[test]
    fn only_changes_are_sent() {
        let mut document = Document::default();
        document.update(3, contents("1"));
        let whole = r#"data: {"fixed":"<b>\n</b>","count":"1"}"#;
        assert_eq!(document.event(None), format!("{whole}\n\n"));
        document.update(4, contents("2"));
        assert_eq!(document.event(Some(3)), "data: {\"count\":\"2\"}\n\n");
        document.update(5, contents("2"));
        assert_eq!(document.event(Some(4)), NOTHING);
        assert_eq!(
            document.event(Some(3)),
            "data: {\"count\":\"2\"}\n\n",
            "it has missed a tick"
        );
        assert_eq!(document.event(Some(5)), NOTHING);
    }

    #[test]
    fn viewers_share_the_bytes_of_an_event() {
        let mut document = Document::default();
        document.update(1, contents("1"));
        document.update(2, contents("2"));
        for seen in [None, Some(1)] {
            let (one, other) = (document.event(seen), document.event(seen));
            assert_eq!(one.as_ptr(), other.as_ptr());
        }
    }
}
