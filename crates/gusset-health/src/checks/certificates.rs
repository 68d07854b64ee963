//! The expiry of certificates in a file.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use x509_parser::pem::Pem;

use crate::{Check, CheckResult};

/// A check of a file of PEM certificates, such as those of the service's own TLS listener. It is degraded for some days
/// before the first of them expires, and down after that.
///
/// It runs once an hour, and reads the file each time, so it follows a renewal.
///
/// ```
/// use gusset_health::{CertificateFile, Health, LocalDependency};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let certificates = CertificateFile::new("/etc/tls/tls.crt").degraded_days_before(21);
/// let check = LocalDependency(certificates.check("certificate"));
/// let health = Health::builder().readiness_check(check).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "does nothing until `check` is called"]
pub struct CertificateFile {
    path: PathBuf,
    degraded_before: Duration,
}

const ONE_DAY: Duration = Duration::from_secs(24 * 3600);
const INTERVAL: Duration = Duration::from_secs(3600);
/// A file with more is not one of certificates.
const MAX_FILE_BYTES: u64 = 4 << 20;

// === impl CertificateFile ===

impl CertificateFile {
    /// Creates a check of the file at `path`.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            degraded_before: 14 * ONE_DAY,
        }
    }

    /// Sets how many days before the expiry the status is degraded. Defaults to 14.
    pub fn degraded_days_before(mut self, days: u16) -> Self {
        self.degraded_before = u32::from(days) * ONE_DAY;
        self
    }

    /// Creates the check. The file is read on a thread for blocking calls.
    pub fn check(self, name: impl Into<Cow<'static, str>>) -> Check {
        let check = Check::new(name, move || {
            let this = self.clone();
            async move {
                let read = tokio::task::spawn_blocking(move || match read(&this.path) {
                    Ok(pem) => this.evaluate(&pem, SystemTime::now()),
                    Err(error) => CheckResult::down(error.to_string()),
                });
                let result = read.await;
                result.unwrap_or_else(|error| CheckResult::down(error.to_string()))
            }
        });
        check.interval(INTERVAL).max_interval(INTERVAL)
    }

    /// Returns the result for the contents of a file at this time.
    ///
    /// ```
    /// use gusset_health::{CertificateFile, Status};
    /// use std::time::SystemTime;
    ///
    /// let result = CertificateFile::new("tls.crt").evaluate(b"", SystemTime::now());
    /// assert_eq!(result.status(), Status::Down, "no certificate");
    /// ```
    pub fn evaluate(&self, pem: &[u8], now: SystemTime) -> CheckResult {
        let expires = match first_expiry(pem) {
            Ok(expires) => expires,
            Err(problem) => return CheckResult::down(problem),
        };
        match expires.duration_since(now) {
            Err(_) => CheckResult::down("a certificate has expired"),
            Ok(left) => {
                let days = left.as_secs() / ONE_DAY.as_secs();
                let message = format!("the first certificate expires in {days} days");
                match left < self.degraded_before {
                    true => CheckResult::degraded(message),
                    false => CheckResult::up().with_message(message),
                }
            }
        }
    }
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;
    let mut contents = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_FILE_BYTES).read_to_end(&mut contents)?;
    Ok(contents)
}

/// Returns the expiry of the certificate that expires first. Other parts of the file, such as a key, are left alone.
fn first_expiry(pem: &[u8]) -> Result<SystemTime, &'static str> {
    let mut first: Option<SystemTime> = None;
    for part in Pem::iter_from_buffer(pem) {
        let part = part.map_err(|_| "the file is not in the format PEM")?;
        if part.label != "CERTIFICATE" {
            continue;
        }
        let certificate = part.parse_x509();
        let certificate = certificate.map_err(|_| "a certificate cannot be read")?;
        let seconds = certificate.validity().not_after.timestamp();
        // Before 1970 it has expired too.
        let seconds = u64::try_from(seconds).unwrap_or_default();
        let expiry = UNIX_EPOCH + Duration::from_secs(seconds);
        first = Some(first.map_or(expiry, |first| first.min(expiry)));
    }
    first.ok_or("the file has no certificate")
}
