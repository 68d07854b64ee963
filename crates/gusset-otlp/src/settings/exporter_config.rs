//! The configuration of the OTLP exporter of one signal.

use std::time::Duration;

use http::HeaderMap;

use super::endpoint::{Endpoint, EndpointSource};
#[cfg(feature = "proxy")]
use super::proxy::Proxy;
use super::{EnvReader, headers};
use crate::{ConfigError, OtlpProtocol, Signal};

/// Values set with builder methods. They override the environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(crate) endpoint: Option<String>,
    pub(crate) signal_endpoints: [Option<String>; 3],
    pub(crate) protocol: Option<OtlpProtocol>,
    pub(crate) headers: HeaderMap,
    pub(crate) timeout: Option<Duration>,
    pub(crate) gzip: Option<bool>,
}

/// The receiver of one signal, and how requests are sent to it.
#[derive(Debug)]
pub(crate) struct ExporterConfig {
    pub(crate) signal: Signal,
    pub(crate) protocol: OtlpProtocol,
    pub(crate) endpoint: Endpoint,
    /// All values are marked as sensitive, so that `Debug` does not show them.
    pub(crate) headers: HeaderMap,
    pub(crate) gzip: bool,
    /// The timeout of one request, from the connection to the end of the response.
    pub(crate) timeout: Duration,
    pub(crate) tls_files: TlsFiles,
    #[cfg(feature = "proxy")]
    pub(crate) proxy: Option<Proxy>,
}

/// The paths of certificates and keys, each with the variable that set it.
#[derive(Debug, Default)]
pub(crate) struct TlsFiles {
    pub(crate) ca: Option<(String, String)>,
    pub(crate) key: Option<(String, String)>,
    pub(crate) certificate: Option<(String, String)>,
}

/// Returns whether a variable sets the endpoint of this signal.
pub(super) fn has_endpoint(env: &EnvReader<'_>, signal: Signal) -> bool {
    env.first(&var_names(signal, "ENDPOINT")).is_some()
}

/// Returns the variable of this signal and the one of all signals, which it overrides.
fn var_names(signal: Signal, suffix: &str) -> [String; 2] {
    [
        format!("OTEL_EXPORTER_OTLP_{}_{suffix}", signal.upper()),
        format!("OTEL_EXPORTER_OTLP_{suffix}"),
    ]
}

// === impl Overrides ===

impl Overrides {
    pub(super) fn has_endpoint(&self, signal: Signal) -> bool {
        self.endpoint.is_some() || self.signal_endpoints[signal.index()].is_some()
    }
}

// === impl ExporterConfig ===

impl ExporterConfig {
    pub(super) fn new(
        env: &EnvReader<'_>,
        overrides: &Overrides,
        signal: Signal,
    ) -> Result<Self, ConfigError> {
        let protocol = protocol(env, overrides, signal)?;
        let endpoint = endpoint(env, overrides, signal, protocol)?;
        let tls_files = TlsFiles::new(env, signal, &endpoint)?;
        Ok(Self {
            #[cfg(feature = "proxy")]
            proxy: Proxy::new(env, &endpoint),
            signal,
            protocol,
            endpoint,
            headers: merge_headers(env, overrides, signal)?,
            gzip: gzip(env, overrides, signal)?,
            timeout: match overrides.timeout {
                Some(timeout) => timeout,
                None => {
                    let mut names = var_names(signal, "TIMEOUT").into_iter();
                    let timeout = names.find_map(|name| env.millis(&name));
                    timeout.unwrap_or(Duration::from_secs(10))
                }
            },
            tls_files,
        })
    }

    /// Returns the host and port to which connections are made.
    pub(crate) fn peer(&self) -> (String, u16) {
        #[cfg(feature = "proxy")]
        if let Some(proxy) = &self.proxy {
            let host = proxy.uri.host().unwrap_or_default();
            return (without_brackets(host), proxy.uri.port_u16().unwrap_or(80));
        }
        (without_brackets(self.endpoint.host()), self.endpoint.port())
    }

    /// Returns whether a proxy passes on the bytes of a connection, and reads no requests.
    #[cfg(feature = "proxy")]
    pub(crate) fn is_tunnelled(&self) -> bool {
        self.endpoint.is_https() || self.protocol == OtlpProtocol::Grpc
    }

    /// Returns the header by which requests that a proxy forwards are authorized. A tunnel sends it itself.
    #[cfg(feature = "proxy")]
    pub(crate) fn forward_authorization(&self) -> Option<http::HeaderValue> {
        let authorization = self.proxy.as_ref()?.authorization.clone();
        authorization.filter(|_| !self.is_tunnelled())
    }

    /// Returns where requests go, as a part of log entries.
    pub(crate) fn destination(&self) -> String {
        #[cfg(feature = "proxy")]
        if let Some(proxy) = &self.proxy {
            return format!("{} through the proxy {proxy}", self.endpoint);
        }
        self.endpoint.to_string()
    }
}

/// Returns a host without the brackets of an IPv6 address.
fn without_brackets(host: &str) -> String {
    host.trim_matches(['[', ']']).to_owned()
}

fn protocol(
    env: &EnvReader<'_>,
    overrides: &Overrides,
    signal: Signal,
) -> Result<OtlpProtocol, ConfigError> {
    const PROBLEM: &str = "not a protocol; use `http/protobuf`, `http/json` or `grpc`";
    let names = var_names(signal, "PROTOCOL");
    let (setting, protocol) = match overrides.protocol {
        Some(protocol) => ("protocol", protocol),
        None => match env.first_known(&names, OtlpProtocol::parse, PROBLEM) {
            Some((name, protocol)) => (name, protocol),
            None => return Ok(OtlpProtocol::default()),
        },
    };
    if protocol == OtlpProtocol::Grpc && !cfg!(feature = "grpc") {
        return Err(missing_feature(setting, "grpc", "grpc"));
    }
    Ok(protocol)
}

fn endpoint(
    env: &EnvReader<'_>,
    overrides: &Overrides,
    signal: Signal,
    protocol: OtlpProtocol,
) -> Result<Endpoint, ConfigError> {
    let names = var_names(signal, "ENDPOINT");
    let signal_endpoint = &overrides.signal_endpoints[signal.index()];
    let (setting, url, source) = match (signal_endpoint, &overrides.endpoint) {
        (Some(url), _) => ("signal_endpoint", url.clone(), EndpointSource::Signal),
        (None, Some(url)) => ("endpoint", url.clone(), EndpointSource::AllSignals),
        (None, None) => match env.first(&names) {
            Some((name, url)) if name == names[0] => (name, url, EndpointSource::Signal),
            Some((name, url)) => (name, url, EndpointSource::AllSignals),
            None => return Ok(Endpoint::default_for(signal, protocol)),
        },
    };
    let insecure = var_names(signal, "INSECURE");
    let insecure = env.first(&insecure).is_some_and(|(name, _)| env.flag(name));
    let endpoint = Endpoint::parse(&url, source, signal, protocol, insecure)
        .map_err(|reason| ConfigError::new(setting, reason))?;
    if source == EndpointSource::AllSignals && protocol != OtlpProtocol::Grpc {
        if let Some(path) = endpoint.repeated_path() {
            env.warn_once(format!(
                "{setting}: the URL ends in `{path}`, and the path of each signal is appended to it; \
                 exports go to {endpoint}; remove `{path}` or set the endpoint of the signal"
            ));
        }
    }
    if endpoint.is_https() && !cfg!(feature = "tls") {
        return Err(missing_feature(setting, "https", "tls"));
    }
    Ok(endpoint)
}

fn merge_headers(
    env: &EnvReader<'_>,
    overrides: &Overrides,
    signal: Signal,
) -> Result<HeaderMap, ConfigError> {
    let mut merged = HeaderMap::new();
    if let Some((name, list)) = env.first(&var_names(signal, "HEADERS")) {
        let parsed = headers::parse(&list).map_err(|reason| ConfigError::new(name, reason))?;
        for (name, value) in parsed {
            merged.insert(name, value);
        }
    }
    for (name, value) in &overrides.headers {
        merged.insert(name, value.clone());
    }
    Ok(merged)
}

fn gzip(env: &EnvReader<'_>, overrides: &Overrides, signal: Signal) -> Result<bool, ConfigError> {
    const PROBLEM: &str = "not a compression; use `gzip` or `none`";
    let parse = |text: &str| match text.to_ascii_lowercase().as_str() {
        "gzip" => Some(true),
        "none" => Some(false),
        _ => None,
    };
    let names = var_names(signal, "COMPRESSION");
    let (setting, gzip) = match overrides.gzip {
        Some(gzip) => ("gzip", gzip),
        None => env
            .first_known(&names, parse, PROBLEM)
            .unwrap_or(("gzip", false)),
    };
    if gzip && !cfg!(feature = "gzip") {
        return Err(missing_feature(setting, "gzip", "gzip"));
    }
    Ok(gzip)
}

fn missing_feature(setting: impl Into<String>, value: &str, feature: &str) -> ConfigError {
    let reason = format!(
        "`{value}` requires the feature `{feature}` of gusset-otlp, or `otlp-{feature}` of gusset"
    );
    ConfigError::new(setting, reason)
}

// === impl TlsFiles ===

impl TlsFiles {
    fn new(env: &EnvReader<'_>, signal: Signal, endpoint: &Endpoint) -> Result<Self, ConfigError> {
        let file = |suffix| {
            let names = var_names(signal, suffix);
            env.first(&names)
                .map(|(name, path)| (name.to_owned(), path))
        };
        let this = Self {
            ca: file("CERTIFICATE"),
            key: file("CLIENT_KEY"),
            certificate: file("CLIENT_CERTIFICATE"),
        };
        if !endpoint.is_https() {
            for (name, path) in [&this.ca, &this.key, &this.certificate]
                .into_iter()
                .flatten()
            {
                env.warn_ignored(name, path, "only for `https`, and the endpoint is `http`");
            }
            return Ok(Self::default());
        }
        match (&this.key, &this.certificate) {
            (Some((name, _)), None) => Err(ConfigError::new(
                name,
                "a client key requires OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            )),
            (None, Some((name, _))) => Err(ConfigError::new(
                name,
                "a client certificate requires OTEL_EXPORTER_OTLP_CLIENT_KEY",
            )),
            _ => Ok(this),
        }
    }
}

/// Validates a header that is set with a builder method.
pub(crate) fn header(
    name: &str,
    value: &str,
) -> Result<(http::HeaderName, http::HeaderValue), ConfigError> {
    headers::header(name, value.as_bytes()).map_err(|reason| ConfigError::new("header", reason))
}
