//! The format of responses.

use bytes::Bytes;
use http::HeaderValue;

/// The format of probe responses.
///
/// ```
/// use gusset_health::{Health, ResponseFormat};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let health = Health::builder().response_format(ResponseFormat::Spring).build()?;
/// let readyz = health.readyz().with_response_format(ResponseFormat::MicroProfile);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseFormat {
    /// `application/health+json` (draft-inadarei-api-health-check): `pass`, `warn`, `fail`.
    #[default]
    HealthJson,
    /// Spring Boot Actuator: `UP`, `DOWN`, `components`.
    Spring,
    /// MicroProfile Health: `UP`, `DOWN`, `checks`.
    MicroProfile,
}

// === impl ResponseFormat ===

impl ResponseFormat {
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::HealthJson => "application/health+json",
            Self::Spring => "application/vnd.spring-boot.actuator.v3+json",
            Self::MicroProfile => "application/json",
        })
    }

    /// Returns the body for unauthenticated clients: pass or fail, without details.
    pub(crate) fn public_body(self, passes: bool) -> Bytes {
        Bytes::from_static(match (self, passes) {
            (Self::HealthJson, true) => br#"{"status":"pass"}"#,
            (Self::HealthJson, false) => br#"{"status":"fail"}"#,
            (Self::Spring, true) => br#"{"status":"UP"}"#,
            (Self::Spring, false) => br#"{"status":"DOWN"}"#,
            (Self::MicroProfile, true) => br#"{"status":"UP","checks":[]}"#,
            (Self::MicroProfile, false) => br#"{"status":"DOWN","checks":[]}"#,
        })
    }
}
