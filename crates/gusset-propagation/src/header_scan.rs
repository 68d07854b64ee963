//! The headers of a trace, found in one pass.

use http::{HeaderMap, HeaderValue};

use crate::header::{BAGGAGE, TRACEPARENT, TRACESTATE, single_value, trim};

/// The headers of W3C Trace Context and Baggage, found in one pass over a request's headers.
///
/// A lookup in a [`HeaderMap`] hashes the name, which costs as much as passing over several headers. So
/// up to 12 headers are scanned once. With more, or with `HeaderScan::default()`, each method looks its
/// header up. Pass the methods the same headers as [`new`](Self::new).
///
/// ```
/// use gusset_propagation::HeaderScan;
/// use http::{HeaderMap, HeaderValue};
///
/// let mut headers = HeaderMap::new();
/// headers.insert("baggage", HeaderValue::from_static("tenant=7"));
/// let scan = HeaderScan::new(&headers);
/// assert!(scan.has_baggage(&headers));
/// assert_eq!(scan.traceparent(&headers), None);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct HeaderScan<'a> {
    /// `None` if each header is looked up instead.
    found: Option<FoundHeaders<'a>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct FoundHeaders<'a> {
    traceparent: Option<&'a HeaderValue>,
    traceparent_is_repeated: bool,
    has_tracestate: bool,
    has_baggage: bool,
}

/// The largest number of headers that are passed over instead of looking up three.
const SCAN_LIMIT: usize = 12;

// === impl HeaderScan ===

impl<'a> HeaderScan<'a> {
    /// Scans the headers of a request.
    #[inline]
    pub fn new(headers: &'a HeaderMap) -> Self {
        if headers.len() > SCAN_LIMIT {
            return Self::default();
        }
        let mut found = FoundHeaders::default();
        for (name, value) in headers {
            let name = name.as_str();
            match name.len() {
                7 if name == "baggage" => found.has_baggage = true,
                10 if name == "tracestate" => found.has_tracestate = true,
                11 if name == "traceparent" => {
                    found.traceparent_is_repeated |= found.traceparent.is_some();
                    found.traceparent = Some(value);
                }
                _ => {}
            }
        }
        Self { found: Some(found) }
    }

    /// Returns the trimmed value of `traceparent`, or `None` if it is missing or repeated.
    #[inline]
    pub fn traceparent(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        match &self.found {
            None => single_value(headers, &TRACEPARENT),
            Some(found) if found.traceparent_is_repeated => None,
            Some(found) => found.traceparent.map(|value| trim(value.as_bytes())),
        }
    }

    /// Returns whether there is more than one `traceparent`.
    #[inline]
    pub fn has_repeated_traceparent(&self, headers: &HeaderMap) -> bool {
        let found = self.found.as_ref();
        found.map_or_else(
            || headers.get_all(&TRACEPARENT).iter().nth(1).is_some(),
            |found| found.traceparent_is_repeated,
        )
    }

    /// Returns whether there is a `tracestate`.
    #[inline]
    pub fn has_tracestate(&self, headers: &HeaderMap) -> bool {
        let found = self.found.as_ref();
        found.map_or_else(
            || headers.contains_key(&TRACESTATE),
            |found| found.has_tracestate,
        )
    }

    /// Returns whether there is a `baggage`.
    #[inline]
    pub fn has_baggage(&self, headers: &HeaderMap) -> bool {
        let found = self.found.as_ref();
        found.map_or_else(|| headers.contains_key(&BAGGAGE), |found| found.has_baggage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(headers: &HeaderMap, scan: HeaderScan<'_>) -> String {
        format!(
            "{:?} {} {} {}",
            scan.traceparent(headers),
            scan.has_repeated_traceparent(headers),
            scan.has_tracestate(headers),
            scan.has_baggage(headers)
        )
    }

    #[test]
    fn scan_agrees_with_lookups() {
        let names = ["baggage", "tracestate", "traceparent", "accept"];
        // Each header missing, once and twice, in all combinations.
        for times in 0..3_u32.pow(4) {
            let mut headers = HeaderMap::new();
            for (at, name) in (0..).zip(names) {
                for value in 0..times / 3_u32.pow(at) % 3 {
                    headers.append(name, HeaderValue::from(value));
                }
            }
            let scanned = results(&headers, HeaderScan::new(&headers));
            let looked_up = results(&headers, HeaderScan::default());
            assert_eq!(scanned, looked_up, "{headers:?}");
        }
    }
}
