//! TLS with the certificates of the environment.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gusset_data::SpanSink as _;
use gusset_otlp::{Signal, Telemetry};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

use crate::receiver::{Receiver, reserve};
use crate::support::{PATIENCE, env, span};

/// Files that are gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gusset-otlp-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(Path::new(&self.0));
    }
}

struct Signed {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

/// An authority, and what it has signed for a server and a client.
fn certificates() -> (rcgen::Certificate, Signed, Signed) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let sign = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        Signed { certificate, key }
    };
    (authority, sign("localhost"), sign("client"))
}

fn server(authority: &rcgen::Certificate, own: &Signed) -> Arc<ServerConfig> {
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
fn the_authority_and_the_client_of_the_environment_are_used() {
    let (authority, own, client) = certificates();
    let folder = Folder::new("tls");
    let ca = folder.write("ca.pem", &authority.pem());
    let certificate = folder.write("client.pem", &client.certificate.pem());
    let key = folder.write("client.key", &client.key.serialize_pem());
    for protocol in ["grpc", "http/protobuf"] {
        let receiver = Receiver::on(reserve().1, Some(server(&authority, &own)));
        let url = format!("https://localhost:{}", receiver.address().port());
        let export = |variables: &[(&str, &str)]| {
            let all = [
                ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
                ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
                ("OTEL_BSP_EXPORT_TIMEOUT", "300"),
            ];
            let all = [&all, variables].concat();
            let telemetry = Telemetry::builder().build_with(env(&all)).unwrap();
            telemetry.spans().export(span("a"));
            telemetry.shutdown(PATIENCE).of(Signal::Traces).exported
        };
        let trust = ("OTEL_EXPORTER_OTLP_CERTIFICATE", ca.as_str());
        let mine = (
            "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
            certificate.as_str(),
        );
        let by = ("OTEL_EXPORTER_OTLP_CLIENT_KEY", key.as_str());
        assert_eq!(export(&[trust, mine, by]), 1, "{protocol}");
        // The server knows nobody without a certificate, and we know no other authority.
        assert_eq!(export(&[trust]), 0, "{protocol}");
        let other = ("OTEL_EXPORTER_OTLP_CERTIFICATE", certificate.as_str());
        assert_eq!(export(&[other, mine, by]), 0, "{protocol}");
    }
}

#[test]
fn a_certificate_that_cannot_be_read_is_an_error_that_names_its_variable() {
    let folder = Folder::new("bad");
    let empty = folder.write("empty.pem", "nothing\n");
    let (authority, _, client) = certificates();
    let ca = folder.write("ca.pem", &authority.pem());
    let certificate = folder.write("client.pem", &client.certificate.pem());
    let to = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://localhost:1");
    let trust = ("OTEL_EXPORTER_OTLP_CERTIFICATE", ca.as_str());
    let mine = (
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        certificate.as_str(),
    );
    let key = |path| ("OTEL_EXPORTER_OTLP_CLIENT_KEY", path);
    let missing = "/does/not/exist.pem";
    for (variables, name) in [
        (
            vec![to, ("OTEL_EXPORTER_OTLP_CERTIFICATE", missing)],
            trust.0,
        ),
        (
            vec![to, ("OTEL_EXPORTER_OTLP_CERTIFICATE", &empty)],
            trust.0,
        ),
        (vec![to, trust, mine, key(missing)], key("").0),
        (vec![to, trust, mine, key(&empty)], key("").0),
        (vec![to, trust, mine], mine.0),
        (vec![to, trust, key(missing)], key("").0),
    ] {
        let error = Telemetry::builder()
            .build_with(env(&variables))
            .unwrap_err();
        assert_eq!(error.setting(), name, "{error}");
    }
}
