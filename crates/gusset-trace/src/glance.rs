//! What most calls ask of the headers of their request, found at one glance.

use http::{HeaderMap, HeaderValue, header};

use crate::propagate::w3c;

/// What most calls ask of the headers of their request.
///
/// A look into the map hashes a name, which costs as much as to pass several headers by. So a message
/// with few of them is passed through once; of others each header is looked up when it is asked for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Glance<'a> {
    /// `None` if each is to be looked up.
    seen: Option<Seen<'a>>,
}

/// The headers that are there.
#[derive(Clone, Copy, Default)]
struct Seen<'a> {
    parent: Option<&'a HeaderValue>,
    has_two_parents: bool,
    has_state: bool,
    has_baggage: bool,
    host: Option<&'a HeaderValue>,
    user_agent: Option<&'a HeaderValue>,
}

/// As many headers are passed by for the price of looking five up.
const FEW: usize = 12;

// === impl Glance ===

impl<'a> Glance<'a> {
    pub(crate) fn at(headers: &'a HeaderMap) -> Self {
        if headers.len() > FEW {
            return Self::default();
        }
        let mut seen = Seen::default();
        for (name, value) in headers {
            let name = name.as_str();
            match name.len() {
                4 if name == "host" => {
                    seen.host.get_or_insert(value);
                }
                7 if name == "baggage" => seen.has_baggage = true,
                10 if name == "user-agent" => {
                    seen.user_agent.get_or_insert(value);
                }
                10 if name == "tracestate" => seen.has_state = true,
                11 if name == "traceparent" => {
                    seen.has_two_parents = seen.parent.is_some();
                    seen.parent = Some(value);
                }
                _ => {}
            }
        }
        Self { seen: Some(seen) }
    }

    /// The value of `traceparent`, which must not be there twice.
    pub(crate) fn parent(&self, headers: &'a HeaderMap) -> Option<&'a [u8]> {
        match &self.seen {
            None => w3c::only(headers, &w3c::TRACEPARENT),
            Some(seen) if seen.has_two_parents => None,
            Some(seen) => seen.parent.map(|parent| w3c::trim(parent.as_bytes())),
        }
    }

    /// Whether there is a `tracestate`.
    pub(crate) fn has_state(&self, headers: &HeaderMap) -> bool {
        let seen = self.seen.as_ref();
        seen.map_or_else(
            || headers.contains_key(&w3c::TRACESTATE),
            |seen| seen.has_state,
        )
    }

    /// Whether there is a `baggage`.
    pub(crate) fn has_baggage(&self, headers: &HeaderMap) -> bool {
        let seen = self.seen.as_ref();
        seen.map_or_else(
            || headers.contains_key(&w3c::BAGGAGE),
            |seen| seen.has_baggage,
        )
    }

    /// The first `host`.
    pub(crate) fn host(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let seen = self.seen.as_ref();
        seen.map_or_else(|| headers.get(header::HOST), |seen| seen.host)
    }

    /// The first `user-agent`.
    pub(crate) fn user_agent(&self, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
        let seen = self.seen.as_ref();
        seen.map_or_else(|| headers.get(header::USER_AGENT), |seen| seen.user_agent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked, answered.
    fn answers(headers: &HeaderMap, glance: Glance<'_>) -> String {
        format!(
            "{:?} {} {} {:?} {:?}",
            glance.parent(headers),
            glance.has_state(headers),
            glance.has_baggage(headers),
            glance.host(headers),
            glance.user_agent(headers)
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
            let glanced = answers(&headers, Glance::at(&headers));
            assert_eq!(glanced, answers(&headers, Glance::default()), "{headers:?}");
        }
    }
}
