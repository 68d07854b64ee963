//! The builder of the endpoints.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use gusset_core::ConfigError;
use gusset_http::BearerToken;

use crate::ProfileEndpoints;
use crate::settings::Settings;

const DEFAULT_MAX_DURATION: Duration = Duration::from_secs(60);
/// The default of `pprof`. It is not a divisor of the usual intervals of timers, so that samples do not
/// coincide with them.
const DEFAULT_FREQUENCY: u16 = 99;
/// Above it, the handler takes a share of the CPU time that distorts the profile.
const MAX_FREQUENCY: u16 = 1000;

/// Builds [`ProfileEndpoints`].
///
/// ```
/// use gusset_profile::ProfileEndpoints;
/// use std::time::Duration;
///
/// let builder = ProfileEndpoints::builder()
///     .token("0123456789abcdef")
///     .max_duration(Duration::from_secs(120))
///     .frequency(0);
/// assert_eq!(
///     builder.build().unwrap_err().to_string(),
///     "`frequency`: 0 is not from 1 to 1000 samples a second",
/// );
/// ```
#[must_use = "does nothing until `build` is called"]
pub struct ProfileEndpointsBuilder {
    token: Option<String>,
    max_duration: Duration,
    frequency: u16,
}

// === impl ProfileEndpoints ===

impl ProfileEndpoints {
    /// Returns a builder: no token, profiles of at most 60 s, 99 samples a second.
    pub fn builder() -> ProfileEndpointsBuilder {
        ProfileEndpointsBuilder {
            token: None,
            max_duration: DEFAULT_MAX_DURATION,
            frequency: DEFAULT_FREQUENCY,
        }
    }
}

// === impl ProfileEndpointsBuilder ===

impl ProfileEndpointsBuilder {
    /// Sets the token that every request has to present as `Authorization: Bearer <token>`. At least 16
    /// characters. Without a token, every request is refused with `403`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Sets the longest duration of a CPU profile that a request may set. At least 1 s. Defaults to 60 s.
    pub fn max_duration(mut self, duration: Duration) -> Self {
        self.max_duration = duration;
        self
    }

    /// Sets the number of samples in a second of CPU time, from 1 to 1,000. Defaults to 99.
    ///
    /// A sample costs about 10 to 100 µs of the interrupted thread, for each thread that runs.
    pub fn frequency(mut self, samples_per_second: u16) -> Self {
        self.frequency = samples_per_second;
        self
    }

    /// Builds the endpoints. Nothing is started.
    ///
    /// # Errors
    /// If the token is invalid, the duration shorter than 1 s, or the frequency out of its range.
    pub fn build(self) -> Result<ProfileEndpoints, ConfigError> {
        let Self {
            token,
            max_duration,
            frequency,
        } = self;
        if max_duration < Duration::from_secs(1) {
            let reason = format_args!("{max_duration:?} is shorter than 1 s");
            return Err(ConfigError::new("max_duration", reason));
        }
        if !(1..=MAX_FREQUENCY).contains(&frequency) {
            let reason =
                format_args!("{frequency} is not from 1 to {MAX_FREQUENCY} samples a second");
            return Err(ConfigError::new("frequency", reason));
        }
        let token = token.map(|token| BearerToken::new("token", token));
        let settings = Settings {
            token: token.transpose()?.map(Arc::new),
            max_duration,
            frequency,
        };
        Ok(ProfileEndpoints { settings })
    }
}

impl fmt::Debug for ProfileEndpointsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProfileEndpointsBuilder")
            .field("has_token", &self.token.is_some())
            .field("max_duration", &self.max_duration)
            .field("frequency", &self.frequency)
            .finish()
    }
}
