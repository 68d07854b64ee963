//! Certificates of a server and of a client, as files.

use gusset_tests::programs::TempFolder;
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};

/// Files in PEM, all signed by one authority.
pub(crate) struct Certificates {
    folder: TempFolder,
}

// === impl Certificates ===

impl Certificates {
    pub(crate) fn new(name: &str) -> Self {
        let folder = TempFolder::new(name);
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&key).unwrap();
        folder.write("ca.pem", &authority.pem());
        let issuer = Issuer::new(params, key);
        for (file, host) in [("server", "localhost"), ("client", "client")] {
            let (certificate, key) = signed(host, &issuer);
            folder.write(&format!("{file}.pem"), &certificate.pem());
            folder.write(&format!("{file}.key"), &key.serialize_pem());
        }
        Self { folder }
    }

    /// Returns the path of `ca.pem`, `server.pem`, `server.key`, `client.pem` or `client.key`.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

fn signed(host: &str, issuer: &Issuer<'_, KeyPair>) -> (Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    (params.signed_by(&key, issuer).unwrap(), key)
}
