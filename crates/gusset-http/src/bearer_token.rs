//! The token of a management endpoint.

use std::fmt;

use gusset_core::ConfigError;
use http::header::AUTHORIZATION;

use crate::RequestHead;

const MIN_TOKEN_BYTES: usize = 16;

/// A bearer token (RFC 6750) that requests to an endpoint have to present. `Debug` does not show it.
///
/// ```
/// use gusset_http::{BearerToken, RequestHead};
///
/// # fn main() -> Result<(), gusset_core::ConfigError> {
/// let token = BearerToken::new("details_token", "0123456789abcdef")?;
/// let request = http::Request::get("/").header("authorization", "Bearer 0123456789abcdef");
/// assert!(token.is_in(RequestHead::from(&request.body(()).expect("a request"))));
/// # Ok(())
/// # }
/// ```
pub struct BearerToken(String);

// === impl BearerToken ===

impl BearerToken {
    /// Creates a token.
    ///
    /// # Errors
    /// If it is shorter than 16 characters, or has characters that are not allowed in a header. The error
    /// names `setting`.
    pub fn new(setting: &str, token: impl Into<String>) -> Result<Self, ConfigError> {
        let token = token.into();
        let error = |reason| Err(ConfigError::new(setting, reason));
        if token.len() < MIN_TOKEN_BYTES {
            return error("shorter than 16 characters");
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return error("contains characters that are not allowed in a header");
        }
        Ok(Self(token))
    }

    /// Returns whether the request has the header `Authorization: Bearer <token>`.
    pub fn is_in(&self, req: RequestHead<'_>) -> bool {
        let Some(value) = req.headers.get(AUTHORIZATION) else {
            return false;
        };
        let Some((scheme, token)) = value.as_bytes().split_at_checked(7) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && constant_time_eq(token, self.0.as_bytes())
    }
}

/// Compares in a time that does not depend on the number of equal bytes, so that response times do
/// not reveal a prefix of the token.
fn constant_time_eq(left: &[u8], right: &[u8]) -> bool {
    let difference = left
        .iter()
        .zip(right)
        .fold(0, |difference, (left, right)| difference | (left ^ right));
    std::hint::black_box(difference) == 0 && left.len() == right.len()
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BearerToken")
    }
}
