//! TLS, with the certificates that the environment names.

use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::settings::{Endpoint, Trust};
use crate::{ConfigError, Protocol};

pub(super) fn connector(
    tcp: HttpConnector,
    endpoint: &Endpoint,
    trust: &Trust,
    protocol: Protocol,
) -> Result<HttpsConnector<HttpConnector>, ConfigError> {
    // Nothing is read for a connection that has no use for it.
    let config = if endpoint.is_https() {
        config(trust)?
    } else {
        builder()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    let builder = builder.https_or_http();
    #[cfg(feature = "grpc")]
    if protocol == Protocol::Grpc {
        return Ok(builder.enable_http2().wrap_connector(tcp));
    }
    let _ = protocol;
    Ok(builder.enable_http1().wrap_connector(tcp))
}

fn config(trust: &Trust) -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    if let Some((name, path)) = &trust.authorities {
        for certificate in certificates(name, path)? {
            let added = roots.add(certificate);
            added.map_err(|error| ConfigError::new(name, format!("`{path}`: {error}")))?;
        }
    } else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(ConfigError::new(
                "OTEL_EXPORTER_OTLP_CERTIFICATE",
                "it is not set, and the system has no certificates of authorities",
            ));
        }
    }
    let builder = builder()?.with_root_certificates(roots);
    let (Some((name, path)), Some((key_name, key_path))) = (&trust.certificate, &trust.key) else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(name, path)?;
    let key = PrivateKeyDer::from_pem_file(key_path)
        .map_err(|error| ConfigError::new(key_name, format!("`{key_path}`: {error}")))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| ConfigError::new(key_name, format!("`{key_path}`: {error}")))
}

/// With a provider of its own: that of the process is the service's to choose.
fn builder() -> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ConfigError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::new("endpoint", error))
}

fn certificates(name: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let refused = |why: &dyn std::fmt::Display| ConfigError::new(name, format!("`{path}`: {why}"));
    let all = CertificateDer::pem_file_iter(path).map_err(|error| refused(&error))?;
    let all: Result<Vec<_>, _> = all.collect();
    let all = all.map_err(|error| refused(&error))?;
    if all.is_empty() {
        return Err(refused(&"it holds no certificate"));
    }
    Ok(all)
}
