//! `url.full`.

use std::fmt;

use http::Uri;

use super::MAX_PATH_BYTES;
use super::authority::MAX_HOST_BYTES;
use crate::{QueryRedaction, truncate_str};

const MAX_SCHEME_BYTES: usize = 16;

/// A URL without credentials. Its query is left out, or redacted if a [`QueryRedaction`] is given.
///
/// ```
/// use gusset_http::{QueryRedaction, RedactedUrl};
///
/// let uri: http::Uri = "https://me:secret@a.example:8443/p?sig=abc&q=1".parse().unwrap();
/// let url = RedactedUrl::new(&uri, None);
/// assert_eq!(url.to_string(), "https://REDACTED:REDACTED@a.example:8443/p");
///
/// let redaction = QueryRedaction::default();
/// let url = RedactedUrl::new(&uri, Some(&redaction));
/// assert!(url.to_string().ends_with("/p?sig=REDACTED&q=1"));
/// ```
#[derive(Clone, Copy)]
pub struct RedactedUrl<'a> {
    uri: &'a Uri,
    redaction: Option<&'a QueryRedaction>,
    has_path: bool,
}

// === impl RedactedUrl ===

impl<'a> RedactedUrl<'a> {
    /// Returns the URL of `uri`. Copies nothing until it is displayed.
    pub fn new(uri: &'a Uri, redaction: Option<&'a QueryRedaction>) -> Self {
        Self {
            uri,
            redaction,
            has_path: true,
        }
    }

    /// Leaves out the path.
    pub(super) fn without_path(self) -> Self {
        Self {
            has_path: false,
            ..self
        }
    }
}

impl fmt::Display for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            uri,
            redaction,
            has_path,
        } = self;
        if let Some(scheme) = uri.scheme_str() {
            write!(f, "{}://", truncate_str(scheme, MAX_SCHEME_BYTES))?;
        }
        if let Some(authority) = uri.authority() {
            if authority.as_str().contains('@') {
                f.write_str("REDACTED:REDACTED@")?;
            }
            f.write_str(truncate_str(authority.host(), MAX_HOST_BYTES))?;
            if let Some(port) = authority.port_u16() {
                write!(f, ":{port}")?;
            }
        }
        if *has_path {
            f.write_str(truncate_str(uri.path(), MAX_PATH_BYTES))?;
        }
        match (uri.query(), redaction) {
            (Some(query), Some(redaction)) => write!(f, "?{}", redaction.redact(query)),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedactedUrl({self})")
    }
}
