//! The `baggage` header.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::header::trim;

/// The baggage of a trace (W3C Baggage): keys, values and properties that reach every service of it.
///
/// At most 64 members and 8192 bytes are kept: the first ones, and each as a whole. Invalid members are
/// removed. Clients can send any baggage, so it is never recorded in telemetry.
///
/// ```
/// use gusset_propagation::Baggage;
/// use http::HeaderValue;
///
/// let values = [HeaderValue::from_static("tenant=a%20b;ttl=3 , flag=on")];
/// let baggage = Baggage::from_header_values(&values);
/// assert_eq!(baggage.get("tenant").as_deref(), Some("a b"));
/// assert_eq!(baggage.with("flag", "off 1")?.as_str(), "tenant=a%20b;ttl=3,flag=off%201");
/// # Ok::<_, gusset_propagation::BaggageError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Baggage(Option<HeaderValue>);

/// A member that cannot be added to a [`Baggage`].
#[derive(Clone, PartialEq, Eq)]
pub struct BaggageError {
    reason: &'static str,
}

const MAX_MEMBERS: usize = 64;
const MAX_BYTES: usize = 8192;

/// ASCII characters that are not a `baggage-octet`, and the percent sign itself.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b',')
    .add(b';')
    .add(b'\\')
    .add(b'%');

// === impl Baggage ===

impl Baggage {
    /// Returns empty baggage.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Parses all `baggage` headers of a request.
    ///
    /// A valid single header is shared with the request, not copied.
    pub fn from_header_values<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut values = values.into_iter();
        let Some(first) = values.next() else {
            return Self::new();
        };
        let mut rest = values.peekable();
        if rest.peek().is_none() && is_canonical(first.as_bytes()) {
            return Self(Some(first.clone()));
        }
        let mut builder = BaggageBuilder::default();
        for value in std::iter::once(first).chain(rest) {
            for member in members(value.as_bytes()).filter(|member| is_member(member)) {
                builder.push(member);
            }
        }
        builder.build()
    }

    /// Returns baggage with these keys and values. Invalid keys are skipped.
    #[cfg(feature = "jaeger")]
    pub(crate) fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, Cow<'a, str>)>) -> Self {
        let mut builder = BaggageBuilder::default();
        for (key, value) in pairs {
            if is_key(key) {
                let value = utf8_percent_encode(&value, ENCODED);
                builder.push(format!("{key}={value}").as_bytes());
            }
        }
        builder.build()
    }

    /// Returns whether there are no members.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the members as they are sent, separated by commas.
    pub fn as_str(&self) -> &str {
        let value = self.0.as_ref().and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Returns the keys and decoded values, without properties.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.as_str().split(',').filter_map(|member| {
            let (key, value) = key_and_value(member)?;
            Some((key, percent_decode_str(value).decode_utf8_lossy()))
        })
    }

    /// Returns the decoded value of a key.
    pub fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        self.iter()
            .find_map(|(known, value)| (known == key).then_some(value))
    }

    /// Sets the value of a key, in place of all its values.
    ///
    /// # Errors
    /// If the key is not an HTTP token, or if there would be more than 64 members or 8192 bytes.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, BaggageError> {
        if !is_key(key) {
            return Err(BaggageError {
                reason: "the key is not an HTTP token",
            });
        }
        let mut builder = self.builder_without(key);
        let member = format!("{key}={}", utf8_percent_encode(value, ENCODED));
        if !builder.push(member.as_bytes()) {
            return Err(BaggageError {
                reason: "there would be more than 64 members or 8192 bytes",
            });
        }
        Ok(builder.build())
    }

    /// Removes a key.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        self.builder_without(key).build()
    }

    #[inline]
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.0.as_ref()
    }

    fn builder_without(&self, key: &str) -> BaggageBuilder {
        let mut builder = BaggageBuilder::default();
        for member in self.as_str().split(',') {
            if key_and_value(member).is_some_and(|(known, _)| known != key) {
                builder.push(member.as_bytes());
            }
        }
        builder
    }
}

/// Shows the length alone, because values may be secrets.
impl fmt::Debug for Baggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Baggage({} bytes)", self.as_str().len())
    }
}

/// Joins members within the limits.
#[derive(Default)]
struct BaggageBuilder {
    joined: Vec<u8>,
    count: usize,
}

// === impl BaggageBuilder ===

impl BaggageBuilder {
    /// Adds a member and returns whether it is within the limits.
    fn push(&mut self, member: &[u8]) -> bool {
        let comma = usize::from(self.count > 0);
        let is_within =
            self.count < MAX_MEMBERS && self.joined.len() + comma + member.len() <= MAX_BYTES;
        if is_within {
            if comma > 0 {
                self.joined.push(b',');
            }
            self.joined.extend_from_slice(member);
            self.count += 1;
        }
        is_within
    }

    fn build(self) -> Baggage {
        if self.count == 0 {
            return Baggage::new();
        }
        Baggage(HeaderValue::try_from(self.joined).ok())
    }
}

fn members(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&byte| byte == b',').map(trim)
}

/// Returns whether a header is within the limits and needs no change.
fn is_canonical(value: &[u8]) -> bool {
    let is_within = value.len() <= MAX_BYTES && members(value).count() <= MAX_MEMBERS;
    // Trimming anything would make the members shorter than the header.
    let bytes: usize = members(value).map(|member| member.len() + 1).sum();
    is_within && bytes == value.len() + 1 && members(value).all(is_member)
}

fn key_and_value(member: &str) -> Option<(&str, &str)> {
    let pair = member.split(';').next()?;
    let (key, value) = pair.split_once('=')?;
    Some((key.trim(), value.trim()))
}

/// Checks `key OWS "=" OWS value *( OWS ";" OWS property )`.
fn is_member(member: &[u8]) -> bool {
    let mut parts = member.split(|&byte| byte == b';');
    parts.next().is_some_and(|pair| is_pair(pair, false)) && parts.all(|part| is_pair(part, true))
}

/// Checks a key and its value. The value of a property is optional.
fn is_pair(pair: &[u8], value_is_optional: bool) -> bool {
    let (key, value) = match pair.iter().position(|&byte| byte == b'=') {
        Some(at) => (trim(&pair[..at]), trim(&pair[at + 1..])),
        None if value_is_optional => (trim(pair), &[][..]),
        None => return false,
    };
    !key.is_empty() && key.iter().copied().all(is_tchar) && value.iter().copied().all(is_octet)
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(is_tchar)
}

/// Checks a `tchar` of RFC 9110.
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Checks a `baggage-octet`.
fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

// === impl BaggageError ===

impl fmt::Display for BaggageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for BaggageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BaggageError {}
