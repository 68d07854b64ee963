//! A sink that collects spans.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gusset_data::{SpanData, SpanSink};

/// Collects the exported spans.
#[derive(Clone, Debug, Default)]
pub struct Spans(Arc<Mutex<Vec<SpanData>>>);

impl SpanSink for Spans {
    fn export(&self, span: SpanData) {
        self.0.lock().expect("no test panics with it").push(span);
    }
}

impl Spans {
    /// Returns the spans that are exported so far.
    pub fn all(&self) -> Vec<SpanData> {
        self.0.lock().expect("no test panics with it").clone()
    }

    /// Waits for a number of spans. Servers complete their calls later than clients.
    pub async fn wait(&self, count: usize) -> Vec<SpanData> {
        #[allow(clippy::disallowed_methods, reason = "the timeout of a test")]
        let start = Instant::now();
        loop {
            let spans = self.all();
            if spans.len() >= count || start.elapsed() > Duration::from_secs(20) {
                assert_eq!(spans.len(), count, "{spans:#?}");
                return spans;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Returns the spans of this name.
pub fn named<'a>(spans: &'a [SpanData], name: &str) -> Vec<&'a SpanData> {
    spans.iter().filter(|span| span.name == name).collect()
}

/// Returns the value of an attribute as text.
pub fn attribute(span: &SpanData, name: &str) -> Option<String> {
    let mut all = span.attributes.iter();
    let (_, value) = all.find(|(key, _)| key == name)?;
    Some(value.to_string())
}
