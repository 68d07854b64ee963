//! What most calls ask of the headers of their request, found at one scan.

use http::header::{HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue};

use crate::header;

/// What most calls ask of the headers of their request.
///
/// A look into the map hashes a name, which costs as much as to pass several headers by. So a message
/// with few of them is passed through once; of others each header is looked up when it is asked for.
#[derive(Clone, Copy, Default)]
pub struct HeaderScan<'a> {
    /// `None` if each is to be looked up.
    found: Option<FoundHeaders<'a>>,
}

/// The headers that are there.
#[derive(Clone, Copy, Default)]
struct FoundHeaders<'a> {
    parent: Option<&'a HeaderValue>,
    has_two_parents: bool,
    has_state: bool,
    has_baggage: bool,
    host: Option<&'a HeaderValue>,
    user_agent: Option<&'a HeaderValue>,
}

/// As many headers are passed by for the price of looking five up.
const SCAN_LIMIT: usize = 12;

// === impl HeaderScan ===

impl<'a> HeaderScan<'a> {
    pub fn of(headers: &'a HeaderMap) -> Self {
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
                10 if name == "tracestate" => found.has_state = true,
                11 if name == "traceparent" => {
                    found.has_two_parents = found.parent.is_some();
                    found.parent = Some(value);
                }
                _ => {}
            }
        }
        Self { found: Some(found) }
    }

    /// The value of `traceparent`, which must not be there twice.
    pub fn traceparent(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        match &self.found {
            None => header::single_value(headers, &header::TRACEPARENT),
            Some(found) if found.has_two_parents => None,
            Some(found) => found.parent.map(|parent| header::trim(parent.as_bytes())),
        }
    }

    /// Whether there is a `tracestate`.
    pub fn has_tracestate(&self, headers: &HeaderMap) -> bool {
        let found = self.found.as_ref();
        found.map_or_else(
            || headers.contains_key(&header::TRACESTATE),
            |found| found.has_state,
        )
    }

    /// Whether there is a `baggage`.
    pub fn has_baggage(&self, headers: &HeaderMap) -> bool {
        let found = self.found.as_ref();
        found.map_or_else(
            || headers.contains_key(&header::BAGGAGE),
            |found| found.has_baggage,
        )
    }

    /// The first `host`.
    pub fn host(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let found = self.found.as_ref();
        found.map_or_else(|| headers.get(HOST), |found| found.host)
    }

    /// The first `user-agent`.
    pub fn user_agent(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let found = self.found.as_ref();
        found.map_or_else(|| headers.get(USER_AGENT), |found| found.user_agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked, answered.
    fn answers(headers: &HeaderMap, scan: HeaderScan<'_>) -> String {
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
    fn a_glance_tells_what_looking_each_header_up_tells() {
        let names = [
            "host",
            "baggage",
            "user-agent",
            "tracestate",
            "traceparent",
            "accept",
        ];
        // Each header not at all, once and twice.
        for times in 0..3_u32.pow(6) {
            let mut headers = HeaderMap::new();
            for (at, name) in (0..).zip(names) {
                for value in 0..times / 3_u32.pow(at) % 3 {
                    headers.append(name, HeaderValue::from(value));
                }
            }
            let glanced = answers(&headers, HeaderScan::of(&headers));
            assert_eq!(
                glanced,
                answers(&headers, HeaderScan::default()),
                "{headers:?}"
            );
        }
    }
}
