//! TLS with the certificates that the environment configures.

use std::sync::Arc;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::connector::Connector;
use crate::settings::{Endpoint, TlsFiles};
use crate::{ConfigError, OtlpProtocol};

pub(super) fn connector(
    tcp: Connector,
    endpoint: &Endpoint,
    tls_files: &TlsFiles,
    protocol: OtlpProtocol,
) -> Result<HttpsConnector<Connector>, ConfigError> {
    // Certificates are read only for `https`.
    let config = if endpoint.is_https() {
        config(tls_files)?
    } else {
        config_builder()?
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth()
    };
    let builder = HttpsConnectorBuilder::new().with_tls_config(config);
    let builder = builder.https_or_http();
    #[cfg(feature = "grpc")]
    if protocol == OtlpProtocol::Grpc {
        return Ok(builder.enable_http2().wrap_connector(tcp));
    }
    let _ = protocol;
    Ok(builder.enable_http1().wrap_connector(tcp))
}

fn config(tls_files: &TlsFiles) -> Result<ClientConfig, ConfigError> {
    let mut roots = RootCertStore::empty();
    if let Some((name, path)) = &tls_files.ca {
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
                "not set, and the system has no root certificates",
            ));
        }
    }
    let builder = config_builder()?.with_root_certificates(roots);
    let (Some((name, path)), Some((key_name, key_path))) = (&tls_files.certificate, &tls_files.key)
    else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(name, path)?;
    let key = PrivateKeyDer::from_pem_file(key_path)
        .map_err(|error| ConfigError::new(key_name, format!("`{key_path}`: {error}")))?;
    builder
        .with_client_auth_cert(chain, key)
        .map_err(|error| ConfigError::new(key_name, format!("`{key_path}`: {error}")))
}

/// Uses its own crypto provider, because the service chooses that of the process.
fn config_builder()
-> Result<rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>, ConfigError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::new("endpoint", error))
}

fn certificates(name: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let error =
        |reason: &dyn std::fmt::Display| ConfigError::new(name, format!("`{path}`: {reason}"));
    let all = CertificateDer::pem_file_iter(path).map_err(|source| error(&source))?;
    let all: Result<Vec<_>, _> = all.collect();
    let all = all.map_err(|source| error(&source))?;
    if all.is_empty() {
        return Err(error(&"contains no certificate"));
    }
    Ok(all)
}
