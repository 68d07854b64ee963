//! The token that shows details.

use std::fmt;

use gusset_http::RequestHead;
use http::header::AUTHORIZATION;

use crate::ConfigError;

/// A token, never shown.
pub(crate) struct Secret(String);

// === impl Secret ===

impl Secret {
    pub(crate) fn new(token: String) -> Result<Self, ConfigError> {
        let refuse = |why| Err(ConfigError::new("detail_token", why));
        if token.len() < 16 {
            return refuse("it is shorter than sixteen characters");
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse("it holds what no header may hold");
        }
        Ok(Self(token))
    }

    /// Whether the request bears it: `Authorization: Bearer …`.
    pub(crate) fn is_borne_by(&self, req: RequestHead<'_>) -> bool {
        let Some(value) = req.headers.get(AUTHORIZATION) else {
            return false;
        };
        let Some((scheme, token)) = value.as_bytes().split_at_checked(7) else {
            return false;
        };
        scheme.eq_ignore_ascii_case(b"bearer ") && same(token, self.0.as_bytes())
    }
}

/// Compares in a time that does not tell how much is the same.
fn same(one: &[u8], other: &[u8]) -> bool {
    let differ = one
        .iter()
        .zip(other)
        .fold(0, |differ, (a, b)| differ | (a ^ b));
    std::hint::black_box(differ) == 0 && one.len() == other.len()
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
