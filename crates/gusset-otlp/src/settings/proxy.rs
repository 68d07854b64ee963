//! The proxy between a service and its receiver, from the variables that curl reads.

use std::fmt;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::EnvReader;
use super::endpoint::Endpoint;

/// An HTTP proxy. `Display` and `Debug` omit its credentials.
#[derive(Clone)]
pub(crate) struct Proxy {
    /// The URL without credentials. The scheme is `http`.
    pub(crate) uri: Uri,
    /// The value of `Proxy-Authorization`.
    pub(crate) authorization: Option<HeaderValue>,
}

// === impl Proxy ===

impl Proxy {
    /// Returns the proxy for an endpoint: `HTTPS_PROXY` for `https`, `HTTP_PROXY` for `http`, else
    /// `ALL_PROXY`, unless the host is local or listed in `NO_PROXY`. As with curl, there are variables in
    /// lower case too.
    pub(super) fn new(env: &EnvReader<'_>, endpoint: &Endpoint) -> Option<Self> {
        // A CGI script gets the header `Proxy` of its caller as `HTTP_PROXY`: <https://httpoxy.org>.
        let is_cgi = env.var("REQUEST_METHOD").is_some();
        // No proxy can reach this machine on the service's behalf.
        if is_cgi || endpoint.is_local() {
            return None;
        }
        let own = match endpoint.is_https() {
            true => ["HTTPS_PROXY", "https_proxy"],
            false => ["HTTP_PROXY", "http_proxy"],
        };
        let names = [own, ["ALL_PROXY", "all_proxy"]].concat();
        let (name, url) = first(env, &names)?;
        let excluded = first(env, &["NO_PROXY", "no_proxy"]);
        let excluded = excluded.map_or_else(String::new, |(_, hosts)| hosts);
        let proxy = |excluded| {
            let matcher = Matcher::builder().all(url.as_str()).no(excluded).build();
            matcher.intercept(&endpoint.uri)
        };
        let is_http = |uri: &Uri| uri.scheme_str() == Some("http") && uri.host().is_some();
        if !proxy(String::new()).is_some_and(|proxy| is_http(proxy.uri())) {
            // The value may contain a password.
            env.warn_once(format!(
                "ignoring {name}: not the URL of an HTTP proxy, `http://host:port`; exports go to \
                 {endpoint} directly"
            ));
            return None;
        }
        let proxy = proxy(excluded)?;
        Some(Self {
            uri: proxy.uri().clone(),
            authorization: proxy.basic_auth().cloned(),
        })
    }
}

fn first<'n>(env: &EnvReader<'_>, names: &[&'n str]) -> Option<(&'n str, String)> {
    let mut names = names.iter();
    names.find_map(|name| Some((*name, env.var(name)?)))
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.uri.authority();
        write!(f, "http://{}", authority.map_or("", |it| it.as_str()))
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use gusset_core::Env;

    use super::super::endpoint::EndpointSource;
    use super::*;
    use crate::{OtlpProtocol, Signal};

    /// Returns the proxy of an endpoint, with its credentials, and the warnings.
    fn proxy_of(url: &str, variables: &[(&str, &str)]) -> (Option<String>, bool) {
        let lookup = |name: &str| {
            let found = variables.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let env = EnvReader::new(Env::from_fn(&lookup));
        let protocol = OtlpProtocol::HttpProtobuf;
        let source = EndpointSource::Signal;
        let endpoint = Endpoint::parse(url, source, Signal::Traces, protocol, false).unwrap();
        let proxy = Proxy::new(&env, &endpoint).map(|proxy| {
            let authorization = proxy.authorization.as_ref();
            let authorization = authorization.map_or("", |value| value.to_str().unwrap());
            format!("{proxy} {authorization}").trim_end().to_owned()
        });
        (proxy, !env.warned.borrow().is_empty())
    }

    #[test]
    fn variables_are_those_of_curl() {
        const HTTP: &str = "http://collector.example:4318/v1/traces";
        const HTTPS: &str = "https://collector.example/v1/traces";
        let proxy = Some("http://proxy:3128");
        for (url, variables, expected) in [
            (
                HTTPS,
                &[("HTTPS_PROXY", "http://proxy:3128")] as &[_],
                proxy,
            ),
            (HTTPS, &[("https_proxy", "http://proxy:3128")], proxy),
            (HTTPS, &[("HTTPS_PROXY", "proxy:3128")], proxy),
            (HTTPS, &[("ALL_PROXY", "http://proxy:3128/")], proxy),
            (
                HTTPS,
                &[
                    ("HTTPS_PROXY", "http://proxy:3128"),
                    ("ALL_PROXY", "http://other:1"),
                ],
                proxy,
            ),
            (HTTPS, &[("HTTP_PROXY", "http://proxy:3128")], None),
            (HTTP, &[("HTTP_PROXY", "http://proxy:3128")], proxy),
            (HTTP, &[("HTTPS_PROXY", "http://proxy:3128")], None),
            (
                HTTP,
                &[
                    ("HTTP_PROXY", "http://proxy:3128"),
                    ("REQUEST_METHOD", "GET"),
                ],
                None,
            ),
            (HTTPS, &[("HTTPS_PROXY", "")], None),
            (
                HTTPS,
                &[("HTTPS_PROXY", "http://user:secret@proxy:3128")],
                Some("http://proxy:3128 Basic dXNlcjpzZWNyZXQ="),
            ),
        ] {
            let expected = (expected.map(str::to_owned), false);
            assert_eq!(proxy_of(url, variables), expected, "{url} {variables:?}");
        }
    }

    #[test]
    fn local_and_listed_hosts_have_no_proxy() {
        let proxy = ("ALL_PROXY", "http://proxy:3128");
        for url in [
            "http://localhost:4318",
            "http://127.0.0.1:4318",
            "http://[::1]:4318",
        ] {
            assert_eq!(proxy_of(url, &[proxy]), (None, false), "{url}");
        }
        for (excluded, is_excluded) in [
            ("collector.example", true),
            (".example", true),
            ("example, other", true),
            ("*", true),
            ("llector.example", false),
            ("10.0.0.0/8", false),
        ] {
            let url = "http://collector.example:4318";
            let (found, _) = proxy_of(url, &[proxy, ("NO_PROXY", excluded)]);
            assert_eq!(found.is_none(), is_excluded, "{excluded}");
        }
        let (found, _) = proxy_of("http://10.1.2.3:4318", &[proxy, ("no_proxy", "10.0.0.0/8")]);
        assert_eq!(found, None);
    }

    #[test]
    fn unusable_proxy_is_ignored_with_a_warning() {
        for unusable in ["socks5://proxy:1080", "https://proxy:443", "http://", "a b"] {
            let found = proxy_of("https://collector.example", &[("ALL_PROXY", unusable)]);
            assert_eq!(found, (None, true), "{unusable}");
        }
    }
}
