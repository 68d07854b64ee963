//! The endpoint of a signal.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

use crate::{OtlpProtocol, Signal};

/// The complete URL for one signal. `Display` and `Debug` omit the query, which may contain a secret.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// The URL of requests. Its host is `localhost` for a socket.
    pub(crate) uri: Uri,
    /// The path of a Unix socket, instead of a host and a port.
    pub(crate) socket: Option<PathBuf>,
}

/// The setting that contains the URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndpointSource {
    /// The one for all signals. Over HTTP, the path of the signal is appended.
    AllSignals,
    /// The one for this signal. It is used unchanged.
    Signal,
}

// === impl Endpoint ===

impl Endpoint {
    /// Returns the default endpoint on `localhost`.
    pub(crate) fn default_for(signal: Signal, protocol: OtlpProtocol) -> Self {
        let url = match protocol {
            OtlpProtocol::Grpc => "http://localhost:4317",
            _ => "http://localhost:4318",
        };
        Self::parse(url, EndpointSource::AllSignals, signal, protocol, false)
            .expect("the default is a valid URL")
    }

    /// Parses a URL. `insecure` selects the scheme of a gRPC endpoint without one.
    pub(crate) fn parse(
        text: &str,
        source: EndpointSource,
        signal: Signal,
        protocol: OtlpProtocol,
        insecure: bool,
    ) -> Result<Self, &'static str> {
        let grpc = protocol == OtlpProtocol::Grpc;
        if let Some(path) = text.strip_prefix("unix:") {
            let localhost = "http://localhost";
            let source = EndpointSource::AllSignals;
            let mut endpoint = Self::parse(localhost, source, signal, protocol, insecure)?;
            endpoint.socket = Some(socket(path)?);
            return Ok(endpoint);
        }
        let text = match text.contains("://") {
            true => text.to_owned(),
            false if grpc && insecure => format!("http://{text}"),
            false if grpc => format!("https://{text}"),
            false => return Err("not a valid URL, `http://` or `https://` is missing"),
        };
        let uri: Uri = text.parse().map_err(|_| "not a valid URL")?;
        let mut parts = uri.into_parts();
        let known = [Some(Scheme::HTTP), Some(Scheme::HTTPS)];
        if !known.contains(&parts.scheme) {
            return Err("the scheme is neither `http` nor `https`");
        }
        let authority = parts.authority.as_ref();
        let authority = authority.filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or("not a valid URL, the host is missing")?;
        if authority.as_str().contains('@') {
            return Err("contains credentials; set them in OTEL_EXPORTER_OTLP_HEADERS instead");
        }
        let (path, query) = match &parts.path_and_query {
            Some(both) => (both.path(), both.query()),
            None => ("/", None),
        };
        let path = match (grpc, source) {
            // gRPC ignores the path of the URL.
            (true, _) => signal.grpc_path().to_owned(),
            (false, EndpointSource::Signal) => path.to_owned(),
            (false, EndpointSource::AllSignals) => {
                format!("{}/v1/{signal}", path.trim_end_matches('/'))
            }
        };
        let both = match query.filter(|_| !grpc) {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let both = PathAndQuery::try_from(both).map_err(|_| "not a valid URL")?;
        parts.path_and_query = Some(both);
        let uri = Uri::from_parts(parts).map_err(|_| "not a valid URL")?;
        Ok(Self { uri, socket: None })
    }

    /// Returns the path of a signal to which another one was appended.
    pub(crate) fn repeated_path(&self) -> Option<&'static str> {
        let (base, _) = self.uri.path().rsplit_once("/v1/")?;
        let paths = ["/v1/traces", "/v1/metrics", "/v1/logs"];
        paths.into_iter().find(|path| base.ends_with(path))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// Returns `server.address`: the host, or the path of the socket.
    pub(crate) fn address(&self) -> String {
        match &self.socket {
            Some(path) => path.display().to_string(),
            None => self.host().to_owned(),
        }
    }

    /// Returns whether the host is this machine.
    pub(crate) fn is_local(&self) -> bool {
        let address = self.host().trim_matches(['[', ']']).parse::<IpAddr>();
        self.host().eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address| address.is_loopback())
    }

    pub(crate) fn port(&self) -> u16 {
        let default = if self.is_https() { 443 } else { 80 };
        self.uri.port_u16().unwrap_or(default)
    }
}

/// Returns the path after `unix:`, in the notation of gRPC: `unix:path` or `unix:///absolute/path`.
fn socket(path: &str) -> Result<PathBuf, &'static str> {
    if !cfg!(unix) {
        return Err("this platform has no Unix sockets");
    }
    let path = path.strip_prefix("//").unwrap_or(path);
    match path.is_empty() {
        true => Err("not a valid URL, the path of the socket is missing"),
        false => Ok(path.into()),
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.socket {
            return write!(f, "unix:{}", path.display());
        }
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self
            .uri
            .authority()
            .map_or("", http::uri::Authority::as_str);
        // The path of gRPC is always the same and is omitted.
        let path = self.uri.path();
        let path = if path.starts_with("/opentelemetry.proto.") {
            ""
        } else {
            path
        };
        write!(f, "{scheme}://{authority}{path}")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use OtlpProtocol::{Grpc, HttpProtobuf};

    fn parse(text: &str, source: EndpointSource, protocol: OtlpProtocol, insecure: bool) -> String {
        match Endpoint::parse(text, source, Signal::Traces, protocol, insecure) {
            Ok(endpoint) => endpoint.uri.to_string(),
            Err(error) => error.to_owned(),
        }
    }

    #[test]
    fn only_the_general_url_gets_a_path() {
        let all_signals = |text| parse(text, EndpointSource::AllSignals, HttpProtobuf, false);
        assert_eq!(all_signals("http://a:4318"), "http://a:4318/v1/traces");
        assert_eq!(all_signals("http://a:4318/"), "http://a:4318/v1/traces");
        assert_eq!(all_signals("https://a/x/?k=v"), "https://a/x/v1/traces?k=v");
        let signal = |text| parse(text, EndpointSource::Signal, HttpProtobuf, false);
        assert_eq!(signal("http://a:4318"), "http://a:4318/");
        assert_eq!(signal("http://a:4318/x/"), "http://a:4318/x/");
    }

    #[test]
    fn grpc_without_scheme_defaults_to_https() {
        let path = Signal::Traces.grpc_path();
        let secure = parse("a:4317", EndpointSource::AllSignals, Grpc, false);
        assert_eq!(secure, format!("https://a:4317{path}"));
        let insecure = parse("a:4317", EndpointSource::Signal, Grpc, true);
        assert_eq!(insecure, format!("http://a:4317{path}"));
        // The scheme overrides the variable.
        let insecure = parse("https://a:4317/x", EndpointSource::Signal, Grpc, true);
        assert_eq!(insecure, format!("https://a:4317{path}"));
    }

    #[test]
    fn invalid_url_is_rejected() {
        for text in [
            "a:4318",
            "a b://c",
            "unix:",
            "ftp://a/x",
            "http://",
            "http://u:p@a/",
        ] {
            let error = Endpoint::parse(
                text,
                EndpointSource::AllSignals,
                Signal::Logs,
                HttpProtobuf,
                false,
            );
            assert!(error.is_err(), "{text}");
        }
    }

    #[test]
    fn query_is_not_printed() {
        let endpoint = Endpoint::parse(
            "http://a/x?key=s",
            EndpointSource::Signal,
            Signal::Logs,
            HttpProtobuf,
            false,
        );
        let endpoint = endpoint.unwrap();
        assert_eq!(endpoint.to_string(), "http://a/x");
        assert_eq!(format!("{endpoint:?}"), "http://a/x");
    }

    proptest! {
        #[test]
        fn parser_never_panics(text in "(http://|https://|)\\PC*", grpc: bool) {
            let protocol = if grpc { Grpc } else { HttpProtobuf };
            let _ = Endpoint::parse(&text, EndpointSource::AllSignals, Signal::Traces, protocol, false);
        }
    }
}
