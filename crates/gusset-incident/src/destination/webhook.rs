//! Reports by POST.

use std::fmt;
use std::io;
use std::thread;
use std::time::Duration;

use gusset_core::ConfigError;
use http::Uri;
use ureq::Agent;

use super::{Delivery, Destination};

/// A receiver of reports over HTTP: each is one POST with the JSON of the report.
///
/// A receiver that cannot be reached, or responds with 429 or 5xx, is tried again after 0.2 s, 0.4 s and so on, as long as there
/// is time. Any other error is final. Redirects are not followed, and proxies are not used. `https` needs the feature `webhook-tls`;
/// the certificates are those of the system.
pub struct Webhook {
    agent: Agent,
    url: String,
    /// What errors and logs show of the URL: neither credentials nor a path, which may have a token.
    shown: String,
    header: Option<(String, String)>,
}

const FIRST_DELAY: Duration = Duration::from_millis(200);

/// In less, no request is made.
const MIN_TIME: Duration = Duration::from_millis(20);

// === impl Webhook ===

impl Webhook {
    /// Creates a destination.
    ///
    /// # Errors
    /// If the URL is not an absolute one with `http`, or with the feature `webhook-tls` `https`; or if the system has no
    /// certificates.
    ///
    /// ```
    /// use gusset_incident::Webhook;
    ///
    /// let webhook = Webhook::new("http://reports.example/new")?;
    /// let error = Webhook::new("reports.example").unwrap_err();
    /// assert_eq!(error.to_string(), "`webhook`: not a URL that begins with http:// or https://");
    /// # Ok::<(), gusset_incident::ConfigError>(())
    /// ```
    pub fn new(url: &str) -> Result<Self, ConfigError> {
        let invalid = |problem: &str| ConfigError::new("webhook", problem);
        let uri: Uri = url.parse().map_err(|_| invalid("not a URL"))?;
        let (Some(scheme @ ("http" | "https")), Some(authority)) =
            (uri.scheme_str(), uri.authority())
        else {
            return Err(invalid("not a URL that begins with http:// or https://"));
        };
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .http_status_as_error(false);
        let config = match scheme {
            "https" => secure(config)?,
            _ => config,
        };
        let host = authority.host();
        let port = authority
            .port()
            .map_or_else(String::new, |port| format!(":{port}"));
        Ok(Self {
            agent: config.build().into(),
            url: url.to_owned(),
            shown: format!("{scheme}://{host}{port}"),
            header: None,
        })
    }

    /// Sets a header of the requests: `("authorization", "Bearer …")`.
    #[must_use = "returns the destination with the change"]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.header = Some((name.into(), value.into()));
        self
    }

    /// Makes one attempt. An error that a later attempt may not have is `Ok(Some(error))`.
    fn post(&self, json: &str, timeout: Duration) -> io::Result<Option<io::Error>> {
        let mut request = self
            .agent
            .post(&self.url)
            .header("content-type", "application/json")
            .config()
            .timeout_global(Some(timeout))
            .build();
        if let Some((name, value)) = &self.header {
            request = request.header(name, value);
        }
        let response = match request.send(json) {
            Ok(response) => response,
            // It may have the URL.
            Err(ureq::Error::BadUri(_)) => return Err(self.error("not a URL")),
            Err(error) => return Ok(Some(self.error(&error.to_string()))),
        };
        let status = response.status();
        let error = self.error(&format!("the response is {status}"));
        match status.as_u16() {
            200..=299 => Ok(None),
            429 | 500..=599 => Ok(Some(error)),
            _ => Err(error),
        }
    }

    fn error(&self, problem: &str) -> io::Error {
        io::Error::other(format!("{}: {problem}", self.shown))
    }
}

impl Destination for Webhook {
    fn deliver(&self, delivery: &Delivery<'_>) -> io::Result<String> {
        let mut delay = FIRST_DELAY;
        loop {
            let left = delivery.time_left();
            if left < MIN_TIME {
                return Err(self.error("there was no time left"));
            }
            let Some(error) = self.post(delivery.json(), left)? else {
                return Ok(self.shown.clone());
            };
            if delivery.time_left() < delay + MIN_TIME {
                return Err(error);
            }
            // The thread of the reports, which waits for nothing else. It may wake earlier, which does no harm.
            thread::park_timeout(delay);
            delay *= 2;
        }
    }
}

type ConfigBuilder = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

/// Adds TLS with the certificates of the system.
#[cfg(feature = "webhook-tls")]
fn secure(config: ConfigBuilder) -> Result<ConfigBuilder, ConfigError> {
    use std::sync::Arc;

    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let certificates = rustls_native_certs::load_native_certs().certs;
    if certificates.is_empty() {
        let problem = "the system has no certificates of authorities, which https needs";
        return Err(ConfigError::new("webhook", problem));
    }
    let certificates = certificates.iter();
    let certificates: Vec<_> = certificates
        .map(|it| Certificate::from_der(it.as_ref()).to_owned())
        .collect();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::from(certificates));
    Ok(config.tls_config(tls.build()))
}

#[cfg(not(feature = "webhook-tls"))]
fn secure(_: ConfigBuilder) -> Result<ConfigBuilder, ConfigError> {
    let problem = "https needs the feature `webhook-tls`";
    Err(ConfigError::new("webhook", problem))
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Webhook").field(&self.shown).finish()
    }
}
