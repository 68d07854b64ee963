//! What callers say to all services of a trace: `baggage`.

use std::borrow::Cow;
use std::fmt;

use http::HeaderValue;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use crate::header::trim;

/// The baggage of a trace (W3C Baggage): members with a value and properties, as they were received.
///
/// At most 64 members and 8192 bytes are kept, always whole members and the first ones; a member that
/// is none is left out. Baggage is the caller's word: it is never put into telemetry.
///
/// ```
/// use gusset_propagation::Baggage;
/// use http::HeaderValue;
///
/// let lines = [HeaderValue::from_static("tenant=a%20b;ttl=3 , flag=on")];
/// let baggage = Baggage::from_lines(&lines);
/// assert_eq!(baggage.get("tenant").as_deref(), Some("a b"));
/// assert_eq!(baggage.with("flag", "off 1")?.as_str(), "tenant=a%20b;ttl=3,flag=off%201");
/// # Ok::<_, gusset_propagation::BaggageError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Baggage(Option<HeaderValue>);

/// A member that baggage cannot take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaggageError {
    what: &'static str,
}

const MEMBERS: usize = 64;
const BYTES: usize = 8192;

/// What is no `baggage-octet`, and the percent sign itself.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b',')
    .add(b';')
    .add(b'\\')
    .add(b'%');

// === impl Baggage ===

impl Baggage {
    /// Nothing said.
    pub const fn new() -> Self {
        Self(None)
    }

    /// What all the `baggage` lines of a message say together.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut lines = lines.into_iter();
        let Some(first) = lines.next() else {
            return Self::new();
        };
        let mut rest = lines.peekable();
        if rest.peek().is_none() && is_clean(first.as_bytes()) {
            // Shared with the message, not copied.
            return Self(Some(first.clone()));
        }
        let mut kept = Kept::default();
        for line in std::iter::once(first).chain(rest) {
            for member in members(line.as_bytes()).filter(|member| is_member(member)) {
                kept.push(member);
            }
        }
        kept.finish()
    }

    /// What those keys and values say, of which the keys need not be fit for it.
    pub(crate) fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, Cow<'a, str>)>) -> Self {
        let mut kept = Kept::default();
        for (key, value) in pairs {
            if !key.is_empty() && key.bytes().all(is_token) {
                let value = utf8_percent_encode(&value, ENCODED);
                kept.push(format!("{key}={value}").as_bytes());
            }
        }
        kept.finish()
    }

    /// Whether nothing is said.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The members with commas between them, as they travel.
    pub fn as_str(&self) -> &str {
        let value = self.0.as_ref().and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Keys and values, decoded; properties left aside.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Cow<'_, str>)> {
        self.as_str().split(',').filter_map(|member| {
            let (key, value) = key_and_value(member)?;
            Some((key, percent_decode_str(value).decode_utf8_lossy()))
        })
    }

    /// The value of that key, decoded.
    pub fn get(&self, key: &str) -> Option<Cow<'_, str>> {
        self.iter()
            .find_map(|(known, value)| (known == key).then_some(value))
    }

    /// With that value for that key, in place of those it had.
    ///
    /// # Errors
    /// If the key is no token, or there is no place for the member: 64 members or 8192 bytes.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, BaggageError> {
        if key.is_empty() || !key.bytes().all(is_token) {
            return Err(BaggageError {
                what: "the key is not a token",
            });
        }
        let mut kept = self.kept_without(key);
        let member = format!("{key}={}", utf8_percent_encode(value, ENCODED));
        if !kept.push(member.as_bytes()) {
            return Err(BaggageError {
                what: "there would be more than 64 members or 8192 bytes",
            });
        }
        Ok(kept.finish())
    }

    /// Without that key.
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        self.kept_without(key).finish()
    }

    #[inline]
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.0.as_ref()
    }

    fn kept_without(&self, key: &str) -> Kept {
        let mut kept = Kept::default();
        for member in self.as_str().split(',') {
            if key_and_value(member).is_some_and(|(known, _)| known != key) {
                kept.push(member.as_bytes());
            }
        }
        kept
    }
}

/// Tells how much is said, and not what: values may be anybody's secrets.
impl fmt::Debug for Baggage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Baggage({} bytes)", self.as_str().len())
    }
}

/// Members on their way to be baggage, within the limits.
#[derive(Default)]
struct Kept {
    joined: Vec<u8>,
    count: usize,
}

// === impl Kept ===

impl Kept {
    /// Adds a member if there is place for all of it.
    fn push(&mut self, member: &[u8]) -> bool {
        let comma = usize::from(self.count > 0);
        let fits = self.count < MEMBERS && self.joined.len() + comma + member.len() <= BYTES;
        if fits {
            if comma > 0 {
                self.joined.push(b',');
            }
            self.joined.extend_from_slice(member);
            self.count += 1;
        }
        fits
    }

    fn finish(self) -> Baggage {
        if self.count == 0 {
            return Baggage::new();
        }
        Baggage(HeaderValue::try_from(self.joined).ok())
    }
}

fn members(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|&byte| byte == b',').map(trim)
}

/// Whether a line is within the limits, and nothing in it but members with commas between them.
fn is_clean(line: &[u8]) -> bool {
    let fits = line.len() <= BYTES && members(line).count() <= MEMBERS;
    // Whatever is trimmed makes it shorter.
    let bytes: usize = members(line).map(|member| member.len() + 1).sum();
    fits && bytes == line.len() + 1 && members(line).all(is_member)
}

fn key_and_value(member: &str) -> Option<(&str, &str)> {
    let pair = member.split(';').next()?;
    let (key, value) = pair.split_once('=')?;
    Some((key.trim(), value.trim()))
}

/// `key OWS "=" OWS value *( OWS ";" OWS property )`.
fn is_member(member: &[u8]) -> bool {
    let mut parts = member.split(|&byte| byte == b';');
    parts.next().is_some_and(|pair| is_pair(pair, false)) && parts.all(|part| is_pair(part, true))
}

/// A key with its value; a property may do without.
fn is_pair(pair: &[u8], value_optional: bool) -> bool {
    let (key, value) = match pair.iter().position(|&byte| byte == b'=') {
        Some(at) => (trim(&pair[..at]), trim(&pair[at + 1..])),
        None if value_optional => (trim(pair), &[][..]),
        None => return false,
    };
    !key.is_empty() && key.iter().copied().all(is_token) && value.iter().copied().all(is_octet)
}

/// A `tchar` of HTTP.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn is_octet(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\')
}

// === impl BaggageError ===

impl fmt::Display for BaggageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for BaggageError {}
