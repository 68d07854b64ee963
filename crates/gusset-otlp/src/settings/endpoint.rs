//! Where a signal is sent to.

use std::fmt;

use http::Uri;
use http::uri::{PathAndQuery, Scheme};

use crate::{Protocol, Signal};

/// The URL of one signal, whole. Printed without what may be a secret: its query.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) uri: Uri,
}

/// Which kind of URL it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// One for all signals: over HTTP each has a path below it.
    Base,
    /// One for this signal: taken as it is.
    Own,
}

// === impl Endpoint ===

impl Endpoint {
    /// The endpoint that is taken where none is given.
    pub(crate) fn standard(signal: Signal, protocol: Protocol) -> Self {
        let base = match protocol {
            Protocol::Grpc => "http://localhost:4317",
            _ => "http://localhost:4318",
        };
        Self::parse(base, Given::Base, signal, protocol, false).expect("a URL by its looks")
    }

    /// Reads a URL. `insecure` is asked where gRPC's has no scheme.
    pub(crate) fn parse(
        text: &str,
        given: Given,
        signal: Signal,
        protocol: Protocol,
        insecure: bool,
    ) -> Result<Self, &'static str> {
        let grpc = protocol == Protocol::Grpc;
        let text = match text.contains("://") {
            true => text.to_owned(),
            false if grpc && insecure => format!("http://{text}"),
            false if grpc => format!("https://{text}"),
            false => return Err("it is no URL: it has no `http://` or `https://`"),
        };
        let uri: Uri = text.parse().map_err(|_| "it is no URL")?;
        let mut parts = uri.into_parts();
        let known = [Some(Scheme::HTTP), Some(Scheme::HTTPS)];
        if !known.contains(&parts.scheme) {
            return Err("its scheme is neither `http` nor `https`");
        }
        let authority = parts.authority.as_ref();
        let authority = authority.filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or("it is no URL: it has no host")?;
        if authority.as_str().contains('@') {
            return Err("it holds a user; OTEL_EXPORTER_OTLP_HEADERS is the place for credentials");
        }
        let (path, query) = match &parts.path_and_query {
            Some(both) => (both.path(), both.query()),
            None => ("/", None),
        };
        let path = match (grpc, given) {
            // A path is no part of gRPC's target.
            (true, _) => signal.method().to_owned(),
            (false, Given::Own) => path.to_owned(),
            (false, Given::Base) => format!("{}/v1/{signal}", path.trim_end_matches('/')),
        };
        let both = match query.filter(|_| !grpc) {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        let both = PathAndQuery::try_from(both).map_err(|_| "it is no URL")?;
        parts.path_and_query = Some(both);
        let uri = Uri::from_parts(parts).map_err(|_| "it is no URL")?;
        Ok(Self { uri })
    }

    pub(crate) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    pub(crate) fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    pub(crate) fn port(&self) -> u16 {
        let standard = if self.is_https() { 443 } else { 80 };
        self.uri.port_u16().unwrap_or(standard)
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = self.uri.scheme_str().unwrap_or_default();
        let authority = self
            .uri
            .authority()
            .map_or("", http::uri::Authority::as_str);
        // gRPC's path is the same everywhere, and says nothing.
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
    use Protocol::{Grpc, HttpProtobuf};

    fn read(text: &str, given: Given, protocol: Protocol, insecure: bool) -> String {
        match Endpoint::parse(text, given, Signal::Traces, protocol, insecure) {
            Ok(endpoint) => endpoint.uri.to_string(),
            Err(error) => error.to_owned(),
        }
    }

    #[test]
    fn a_base_gets_the_path_of_the_signal_and_an_own_url_is_verbatim() {
        let base = |text| read(text, Given::Base, HttpProtobuf, false);
        assert_eq!(base("http://a:4318"), "http://a:4318/v1/traces");
        assert_eq!(base("http://a:4318/"), "http://a:4318/v1/traces");
        assert_eq!(base("https://a/x/?k=v"), "https://a/x/v1/traces?k=v");
        let own = |text| read(text, Given::Own, HttpProtobuf, false);
        assert_eq!(own("http://a:4318"), "http://a:4318/");
        assert_eq!(own("http://a:4318/x/"), "http://a:4318/x/");
    }

    #[test]
    fn grpc_without_a_scheme_is_secure_unless_said_otherwise() {
        let method = Signal::Traces.method();
        let secure = read("a:4317", Given::Base, Grpc, false);
        assert_eq!(secure, format!("https://a:4317{method}"));
        let insecure = read("a:4317", Given::Own, Grpc, true);
        assert_eq!(insecure, format!("http://a:4317{method}"));
        // A scheme goes over the variable.
        let insecure = read("https://a:4317/x", Given::Own, Grpc, true);
        assert_eq!(insecure, format!("https://a:4317{method}"));
    }

    #[test]
    fn what_is_no_url_is_refused() {
        for text in ["a:4318", "a b://c", "unix:///x", "http://", "http://u:p@a/"] {
            let error = Endpoint::parse(text, Given::Base, Signal::Logs, HttpProtobuf, false);
            assert!(error.is_err(), "{text}");
        }
    }

    #[test]
    fn a_query_is_not_printed() {
        let endpoint = Endpoint::parse(
            "http://a/x?key=s",
            Given::Own,
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
        fn no_text_is_too_strange(text in "(http://|https://|)\\PC*", grpc: bool) {
            let protocol = if grpc { Grpc } else { HttpProtobuf };
            let _ = Endpoint::parse(&text, Given::Base, Signal::Traces, protocol, false);
        }
    }
}
