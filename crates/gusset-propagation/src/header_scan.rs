//! The headers that nearly every request needs, found in one pass.

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue};

use crate::header::{BAGGAGE, TRACEPARENT, TRACESTATE, single_value, trim};

/// The headers that nearly every request needs, found in one pass over its headers.
///
/// A lookup in a [`HeaderMap`] hashes the name, which costs as much as passing over several headers. So
/// up to 12 headers are scanned once. With more, or with `HeaderScan::default()`, each method looks its
/// header up. Pass the methods the same headers as [`new`](Self::new).
///
/// ```
/// use gusset_propagation::HeaderScan;
/// use http::{HeaderMap, HeaderValue};
///
/// let headers = HeaderMap::from_iter([(http::header::HOST, HeaderValue::from_static("shop"))]);
/// let scan = HeaderScan::new(&headers);
/// assert_eq!(scan.host(&headers), headers.get("host"));
/// assert_eq!(scan.user_agent(&headers), None);
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
    host: Option<&'a HeaderValue>,
    user_agent: Option<&'a HeaderValue>,
}

/// The number of headers that can be passed over at the cost of looking up five.
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
                4 if name == "host" => {
                    found.host.get_or_insert(value);
                }
                7 if name == "baggage" => found.has_baggage = true,
                10 if name == "user-agent" => {
                    found.user_agent.get_or_insert(value);
                }
                10 if name == "tracestate" => found.has_tracestate = true,
                11 if name == "traceparent" => {
                    found.traceparent_is_repeated = found.traceparent.is_some();
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

    /// Returns the first `host`.
    #[inline]
    pub fn host(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let found = self.found.as_ref();
        found.map_or_else(|| headers.get(HOST), |found| found.host)
    }

    /// Returns the first `user-agent`.
    #[inline]
    pub fn user_agent(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let found = self.found.as_ref();
        found.map_or_else(|| headers.get(USER_AGENT), |found| found.user_agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(headers: &HeaderMap, scan: HeaderScan<'_>) -> String {
        format!(
            "{:?} {} {} {:?} {:?}",
            scan.traceparent(headers),
            scan.has_tracestate(headers),
            scan.has_baggage(headers),
            scan.host(headers),
            scan.user_agent(headers)
        )
    }

    #[test]
    fn scan_agrees_with_lookups() {
        let names = [
            "host",
            "baggage",
            "user-agent",
            "tracestate",
            "traceparent",
            "accept",
        ];
        // Each header missing, once and twice, in all combinations.
        for times in 0..3_u32.pow(6) {
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
