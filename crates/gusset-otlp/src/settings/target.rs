//! The receiver of one signal.

use std::time::Duration;

use http::HeaderMap;

use super::endpoint::{Endpoint, Given};
use super::{Env, headers};
use crate::{ConfigError, Protocol, Signal};

/// What code says of receivers, which is above the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pub(crate) endpoint: Option<String>,
    pub(crate) endpoints: [Option<String>; 3],
    pub(crate) protocol: Option<Protocol>,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Option<Duration>,
    pub(crate) gzip: Option<bool>,
}

/// The receiver of one signal, and how to speak to it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) signal: Signal,
    pub(crate) protocol: Protocol,
    pub(crate) endpoint: Endpoint,
    /// Values are marked as sensitive, and print as such.
    pub(crate) headers: HeaderMap,
    pub(crate) gzip: bool,
    /// For one exchange, from the connection to the last byte of the answer.
    pub(crate) timeout: Duration,
    pub(crate) trust: Trust,
}

/// Files of certificates, each with the variable that named it.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    pub(crate) authorities: Option<(String, String)>,
    pub(crate) key: Option<(String, String)>,
    pub(crate) certificate: Option<(String, String)>,
}

/// Whether a variable gives this signal an endpoint.
pub(super) fn has_endpoint(env: &Env<'_>, signal: Signal) -> bool {
    env.first(&names(signal, "ENDPOINT")).is_some()
}

/// The variable of this signal, which is above that of all signals.
fn names(signal: Signal, what: &str) -> [String; 2] {
    [
        format!("OTEL_EXPORTER_OTLP_{}_{what}", signal.upper()),
        format!("OTEL_EXPORTER_OTLP_{what}"),
    ]
}

// === impl Code ===

impl Code {
    pub(super) fn has_endpoint(&self, signal: Signal) -> bool {
        self.endpoint.is_some() || self.endpoints[signal.index()].is_some()
    }
}

// === impl Target ===

impl Target {
    pub(super) fn new(env: &Env<'_>, code: &Code, signal: Signal) -> Result<Self, ConfigError> {
        let protocol = protocol(env, code, signal)?;
        let endpoint = endpoint(env, code, signal, protocol)?;
        let trust = Trust::new(env, signal, &endpoint)?;
        Ok(Self {
            signal,
            protocol,
            endpoint,
            headers: all_headers(env, code, signal)?,
            gzip: gzip(env, code, signal)?,
            timeout: match code.timeout {
                Some(timeout) => timeout,
                None => {
                    let mut names = names(signal, "TIMEOUT").into_iter();
                    let set = names.find_map(|name| env.millis(&name));
                    set.unwrap_or(Duration::from_secs(10))
                }
            },
            trust,
        })
    }
}

fn protocol(env: &Env<'_>, code: &Code, signal: Signal) -> Result<Protocol, ConfigError> {
    let (field, protocol) = match code.protocol {
        Some(protocol) => ("protocol".to_owned(), protocol),
        None => match env.first(&names(signal, "PROTOCOL")) {
            Some((name, text)) => match Protocol::parse(&text) {
                Some(protocol) => (name.to_owned(), protocol),
                None => {
                    env.ignored(name, &text, "is no protocol known here");
                    return Ok(Protocol::default());
                }
            },
            None => return Ok(Protocol::default()),
        },
    };
    if protocol == Protocol::Grpc && !cfg!(feature = "grpc") {
        return Err(ConfigError::new(
            field,
            "`grpc` needs the feature `grpc` of gusset-otlp",
        ));
    }
    Ok(protocol)
}

fn endpoint(
    env: &Env<'_>,
    code: &Code,
    signal: Signal,
    protocol: Protocol,
) -> Result<Endpoint, ConfigError> {
    let names_ = names(signal, "ENDPOINT");
    let (field, text, given) = match (&code.endpoints[signal.index()], &code.endpoint) {
        (Some(text), _) => ("endpoint_of", text.clone(), Given::Own),
        (None, Some(text)) => ("endpoint", text.clone(), Given::Base),
        (None, None) => match env.first(&names_) {
            Some((name, text)) if name == names_[0] => (name, text, Given::Own),
            Some((name, text)) => (name, text, Given::Base),
            None => return Ok(Endpoint::standard(signal, protocol)),
        },
    };
    let insecure = names(signal, "INSECURE");
    let insecure = env.first(&insecure).is_some_and(|(name, _)| env.flag(name));
    let endpoint = Endpoint::parse(&text, given, signal, protocol, insecure)
        .map_err(|why| ConfigError::new(field, why))?;
    if endpoint.is_https() && !cfg!(feature = "tls") {
        return Err(ConfigError::new(
            field,
            "`https` needs the feature `tls` of gusset-otlp",
        ));
    }
    Ok(endpoint)
}

fn all_headers(env: &Env<'_>, code: &Code, signal: Signal) -> Result<HeaderMap, ConfigError> {
    let mut all = HeaderMap::new();
    if let Some((name, list)) = env.first(&names(signal, "HEADERS")) {
        let parsed = headers::parse(&list).map_err(|why| ConfigError::new(name, why))?;
        for (name, value) in parsed {
            all.insert(name, value);
        }
    }
    for (name, value) in &code.headers {
        all.insert(name, value.clone());
    }
    Ok(all)
}

fn gzip(env: &Env<'_>, code: &Code, signal: Signal) -> Result<bool, ConfigError> {
    let names = names(signal, "COMPRESSION");
    let set = env.first(&names);
    let (field, gzip) = match (code.gzip, &set) {
        (Some(gzip), _) => ("gzip", gzip),
        (None, Some((name, text))) => match text.to_ascii_lowercase().as_str() {
            "gzip" => (*name, true),
            "none" => (*name, false),
            _ => {
                env.ignored(name, text, "is no compression known here");
                (*name, false)
            }
        },
        (None, None) => ("gzip", false),
    };
    if gzip && !cfg!(feature = "gzip") {
        return Err(ConfigError::new(
            field,
            "`gzip` needs the feature `gzip` of gusset-otlp",
        ));
    }
    Ok(gzip)
}

// === impl Trust ===

impl Trust {
    fn new(env: &Env<'_>, signal: Signal, endpoint: &Endpoint) -> Result<Self, ConfigError> {
        let file = |what| {
            let names = names(signal, what);
            env.first(&names)
                .map(|(name, path)| (name.to_owned(), path))
        };
        let this = Self {
            authorities: file("CERTIFICATE"),
            key: file("CLIENT_KEY"),
            certificate: file("CLIENT_CERTIFICATE"),
        };
        if !endpoint.is_https() {
            for (name, path) in [&this.authorities, &this.key, &this.certificate]
                .into_iter()
                .flatten()
            {
                env.ignored(name, path, "serves `https`, and the endpoint is `http`");
            }
            return Ok(Self::default());
        }
        match (&this.key, &this.certificate) {
            (Some((name, _)), None) => Err(ConfigError::new(
                name,
                "a key of a client needs OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            )),
            (None, Some((name, _))) => Err(ConfigError::new(
                name,
                "a certificate of a client needs OTEL_EXPORTER_OTLP_CLIENT_KEY",
            )),
            _ => Ok(this),
        }
    }
}

/// A header that code gives.
pub(crate) fn header(
    name: &str,
    value: &str,
) -> Result<(http::HeaderName, http::HeaderValue), ConfigError> {
    headers::header(name, value.as_bytes()).map_err(|why| ConfigError::new("header", why))
}
