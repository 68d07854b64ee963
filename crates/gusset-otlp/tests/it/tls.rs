//! TLS with certificates from environment variables.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gusset_data::SpanSink as _;
use gusset_otlp::{OtlpPipeline, Signal};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::receiver::{Receiver, reserve_port};
use crate::support::{TEST_TIMEOUT, env, span};

/// A temporary directory, deleted on drop.
pub(crate) struct TempDir(PathBuf);

impl TempDir {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gusset-otlp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(Path::new(&self.0));
    }
}

pub(crate) struct SignedCertificate {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

/// Returns a certificate authority, and the certificates of a server and a client that it has signed.
pub(crate) fn certificates() -> (rcgen::Certificate, SignedCertificate, SignedCertificate) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let sign = |names: &[&str]| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(
            names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
        .unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        SignedCertificate { certificate, key }
    };
    (
        authority,
        sign(&["localhost", "collector.example"]),
        sign(&["client"]),
    )
}

pub(crate) fn server(authority: &rcgen::Certificate, own: &SignedCertificate) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).unwrap();
    let clients = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.key.serialize_der()));
    let chain: Vec<CertificateDer<'static>> = vec![own.certificate.der().clone()];
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients.build().unwrap())
        .with_single_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

#[test]
fn certificates_of_the_environment_are_used() {
    let (authority, own, client) = certificates();
    let dir = TempDir::new("tls");
    let ca = dir.write("ca.pem", &authority.pem());
    let certificate = dir.write("client.pem", &client.certificate.pem());
    let key = dir.write("client.key", &client.key.serialize_pem());
    for protocol in ["grpc", "http/protobuf"] {
        let receiver = Receiver::listen_on(reserve_port().1, Some(server(&authority, &own)));
        let url = format!("https://localhost:{}", receiver.address().port());
        let export = |variables: &[(&str, &str)]| {
            let all = [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_BSP_EXPORT_TIMEOUT", "300"),
            ];
            let all = [&all, variables].concat();
            let pipeline = OtlpPipeline::builder().build_with(env(&all)).unwrap();
            pipeline.span_sink().export(span("a"));
            pipeline
                .shutdown(TEST_TIMEOUT)
                .counts(Signal::Traces)
                .exported
        };
        let ca_file = ("OTEL_EXPORTER_OTLP_CERTIFICATE", ca.as_str());
        let client_certificate = (
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            certificate.as_str(),
        );
        let client_key = ("OTEL_EXPORTER_OTLP_CLIENT_KEY", key.as_str());
        assert_eq!(
            export(&[ca_file, client_certificate, client_key]),
            1,
            "{protocol}"
        );
        // The server requires a client certificate, and the client trusts only this authority.
        assert_eq!(export(&[ca_file]), 0, "{protocol}");
        let other = ("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate.as_str());
        assert_eq!(
            export(&[other, client_certificate, client_key]),
            0,
            "{protocol}"
        );
    }
}

#[test]
fn unreadable_certificate_error_names_the_variable() {
    let dir = TempDir::new("bad");
    let empty = dir.write("empty.pem", "nothing\n");
    let (authority, _, client) = certificates();
    let ca = dir.write("ca.pem", &authority.pem());
    let certificate = dir.write("client.pem", &client.certificate.pem());
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1");
    let ca_file = ("OTEL_EXPORTER_OTLP_CERTIFICATE", ca.as_str());
    let client_certificate = (
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        certificate.as_str(),
    );
    let key = |path| ("OTEL_EXPORTER_OTLP_CLIENT_KEY", path);
    let missing = "/does/not/exist.pem";
    for (variables, name) in [
        (
            vec![endpoint, ("OTEL_EXPORTER_OTLP_CERTIFICATE", missing)],
            ca_file.0,
        ),
        (
            vec![endpoint, ("OTEL_EXPORTER_OTLP_CERTIFICATE", &empty)],
            ca_file.0,
        ),
        (
            vec![endpoint, ca_file, client_certificate, key(missing)],
            key("").0,
        ),
        (
            vec![endpoint, ca_file, client_certificate, key(&empty)],
            key("").0,
        ),
        (
            vec![endpoint, ca_file, client_certificate],
            client_certificate.0,
        ),
        (vec![endpoint, ca_file, key(missing)], key("").0),
    ] {
        let error = OtlpPipeline::builder()
            .build_with(env(&variables))
            .unwrap_err();
        assert_eq!(error.setting(), name, "{error}");
    }
}
