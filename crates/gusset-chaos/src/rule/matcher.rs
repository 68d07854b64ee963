//! The conditions of a rule, and what they read of a call.

use std::net::IpAddr;

use gusset_core::ConfigError;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

use super::Rule;
use crate::draw;

/// What the conditions read of a call. A service that is not HTTP has only a route, which is its name.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct CallView<'a> {
    pub(crate) method: Option<&'a str>,
    pub(crate) route: Option<&'a str>,
    pub(crate) peer_ip: Option<IpAddr>,
    /// The host that a client calls, and its port.
    pub(crate) host: Option<(&'a str, u16)>,
    pub(crate) headers: Option<&'a HeaderMap>,
    /// The hash of a key that the layer was configured with.
    pub(crate) key: Option<u64>,
}

/// The conditions of a rule, checked.
#[derive(Clone, Debug)]
pub(crate) struct Matcher {
    method: Option<String>,
    route: Option<Route>,
    peer: Option<Peer>,
    headers: Vec<(HeaderName, Option<HeaderValue>)>,
    key_header: Option<HeaderName>,
}

#[derive(Clone, Debug)]
enum Route {
    Exact(String),
    /// A prefix without its slash.
    Below(String),
}

#[derive(Clone, Debug)]
enum Peer {
    Net(IpNet),
    Host(String, Option<u16>),
}

// === impl Matcher ===

impl Matcher {
    pub(crate) fn new(rule: &Rule) -> Result<Self, ConfigError> {
        let name = |name: &str, setting: &str| {
            let error = |_| {
                let setting = format!("rules.{}.{setting}", rule.name);
                ConfigError::new(setting, "not the name of a header")
            };
            name.parse::<HeaderName>().map_err(error)
        };
        let mut headers = Vec::with_capacity(rule.headers.len());
        for header in &rule.headers {
            let value = header.value.as_deref().map(HeaderValue::from_str);
            let value = value.transpose().map_err(|_| {
                let setting = format!("rules.{}.headers", rule.name);
                ConfigError::new(setting, "a value that no header can have")
            })?;
            headers.push((name(&header.name, "headers")?, value));
        }
        let key_header = rule.key_header.as_deref();
        Ok(Self {
            method: rule.method.clone(),
            route: rule.route.as_deref().map(Route::new),
            peer: rule.peer.as_deref().map(Peer::new),
            headers,
            key_header: key_header.map(|key| name(key, "key_header")).transpose()?,
        })
    }

    pub(crate) fn matches(&self, call: &CallView<'_>) -> bool {
        let Self {
            method,
            route,
            peer,
            headers,
            key_header: _,
        } = self;
        let has = |name: &HeaderName, value: &Option<HeaderValue>| {
            let mut values = call.headers.into_iter().flat_map(|all| all.get_all(name));
            values.any(|found| value.as_ref().is_none_or(|value| value == found))
        };
        method
            .as_deref()
            .is_none_or(|method| call.method == Some(method))
            && route
                .as_ref()
                .is_none_or(|route| call.route.is_some_and(|of| route.matches(of)))
            && peer.as_ref().is_none_or(|peer| peer.matches(call))
            && headers.iter().all(|(name, value)| has(name, value))
    }

    /// Returns the hash of the key of a call, if it has one.
    pub(crate) fn key(&self, call: &CallView<'_>) -> Option<u64> {
        let Some(name) = &self.key_header else {
            return call.key;
        };
        Some(draw::hash(call.headers?.get(name)?.as_bytes()))
    }
}

// === impl Route ===

impl Route {
    fn new(route: &str) -> Self {
        match route.strip_suffix("/*") {
            Some(prefix) => Self::Below(prefix.to_owned()),
            None => Self::Exact(route.to_owned()),
        }
    }

    fn matches(&self, route: &str) -> bool {
        match self {
            Self::Exact(exact) => exact == route,
            Self::Below(prefix) => route
                .strip_prefix(prefix.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }
}

// === impl Peer ===

impl Peer {
    fn new(peer: &str) -> Self {
        if let Ok(net) = peer.parse() {
            return Self::Net(net);
        }
        if let Ok(ip) = peer.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Self::Net(ip.into());
        }
        let port = peer.rsplit_once(':');
        let port = port.and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match port {
            Some((host, port)) => Self::Host(host.trim_matches(['[', ']']).to_owned(), Some(port)),
            None => Self::Host(peer.to_owned(), None),
        }
    }

    fn matches(&self, call: &CallView<'_>) -> bool {
        match self {
            Self::Net(net) => {
                let of_host = || call.host.and_then(|(host, _)| host.parse().ok());
                let ip = call.peer_ip.or_else(of_host);
                ip.is_some_and(|ip| net.contains(&ip.to_canonical()))
            }
            Self::Host(name, port) => call.host.is_some_and(|(host, of)| {
                name.eq_ignore_ascii_case(host) && port.is_none_or(|port| port == of)
            }),
        }
    }
}
