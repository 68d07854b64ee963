//! The token for detailed responses.

use std::fmt;

use gusset_http::RequestHead;
use http::header::AUTHORIZATION;

use crate::ConfigError;

const MIN_TOKEN_BYTES: usize = 16;

/// A bearer token, which `Debug` does not show.
pub(crate) struct BearerToken(String);

// === impl BearerToken ===

impl BearerToken {
    pub(crate) fn new(token: String) -> Result<Self, ConfigError> {
        let error = |reason| Err(ConfigError::new("details_token", reason));
        if token.len() < MIN_TOKEN_BYTES {
            return error("shorter than 16 characters");
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return error("contains characters that are not allowed in a header");
        }
        Ok(Self(token))
    }

    /// Returns whether the request has the header `Authorization: Bearer <token>`.
    pub(crate) fn is_in(&self, req: RequestHead<'_>) -> bool {
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
