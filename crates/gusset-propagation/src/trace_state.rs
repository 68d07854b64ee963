//! The `tracestate` header.

use std::fmt;

use http::HeaderValue;

use crate::header::trim;

/// The `tracestate` of a trace: data of tracing vendors, each under its key.
///
/// The members keep their order and every byte, as W3C Trace Context level 2, section 3.3, requires. A
/// valid single header is shared with the request, not copied.
///
/// ```
/// use gusset_propagation::TraceState;
/// use http::HeaderValue;
///
/// let values = [HeaderValue::from_static("foo=1"), HeaderValue::from_static(" bar=2 ,")];
/// let state = TraceState::from_header_values(&values);
/// assert_eq!(state.as_str(), "foo=1,bar=2");
/// assert_eq!(state.get("bar"), Some("2"));
///
/// // A changed member moves to the left.
/// assert_eq!(state.with("bar", "3")?.as_str(), "bar=3,foo=1");
/// # Ok::<_, gusset_propagation::TraceStateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceState(Option<HeaderValue>);

/// An invalid member of a [`TraceState`].
#[derive(Clone, PartialEq, Eq)]
pub struct TraceStateError {
    reason: &'static str,
}

const MAX_MEMBERS: usize = 32;
const MAX_KEY_BYTES: usize = 256;
const MAX_VALUE_BYTES: usize = 256;
/// Longer members are the first to be removed.
const LARGE_MEMBER_BYTES: usize = 128;

/// Valid members with distinct keys. The first member of a key is kept.
struct MemberList<'a> {
    list: [&'a [u8]; MAX_MEMBERS],
    count: usize,
}

// === impl TraceState ===

impl TraceState {
    /// Returns an empty trace state.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Parses all `tracestate` headers of a request.
    ///
    /// Skips empty members, and keeps the first of members with the same key. Returns an empty trace
    /// state if a member is invalid, or if there are more than 32.
    pub fn from_header_values<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut members = MemberList::new();
        let mut only = None;
        for (at, value) in values.into_iter().enumerate() {
            if members.add(value.as_bytes()).is_none() {
                return Self::new();
            }
            only = (at == 0).then_some(value);
        }
        match only {
            // Trimming or skipping anything would have changed the length.
            Some(value) if members.joined_len() == value.len() && !value.is_empty() => {
                Self(Some(value.clone()))
            }
            _ => members.join(),
        }
    }

    /// Returns whether there are no members.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Returns the members, separated by commas.
    pub fn as_str(&self) -> &str {
        let value = self.0.as_ref().and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// Returns the keys and values, the most recent first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let members = self.as_str().split(',');
        members.filter_map(|member| member.split_once('='))
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find_map(|(known, value)| (known == key).then_some(value))
    }

    /// Sets a member and moves it to the left, where the most recent one belongs.
    ///
    /// Removes the last member if there would be more than 32.
    ///
    /// # Errors
    /// If the key or the value has characters that a `tracestate` cannot carry, or is not 1 to 256
    /// bytes long.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, TraceStateError> {
        if !is_key(key.as_bytes()) {
            return Err(TraceStateError {
                reason: "the key is not 1 to 256 characters of `a-z0-9_-*/@`",
            });
        }
        if !is_value(value.as_bytes()) || value.ends_with(' ') {
            return Err(TraceStateError {
                reason: "the value is not 1 to 256 visible ASCII characters without `,` and `=`",
            });
        }
        let first = format!("{key}={value}");
        let mut members = MemberList::new();
        members.push(first.as_bytes());
        for member in self.members() {
            // Does nothing once there are 32.
            members.push(member);
        }
        Ok(members.join())
    }

    /// Removes the member of a key.
    ///
    /// ```
    /// use gusset_propagation::TraceState;
    ///
    /// let state = TraceState::new().with("foo", "1")?.with("ot", "th:8")?;
    /// assert_eq!(state.without("ot").as_str(), "foo=1");
    /// assert_eq!(state.without("bar"), state);
    /// # Ok::<_, gusset_propagation::TraceStateError>(())
    /// ```
    #[must_use]
    pub fn without(&self, key: &str) -> Self {
        if self.get(key).is_none() {
            return self.clone();
        }
        let is_other =
            |member: &&[u8]| split(member).is_none_or(|(known, _)| known != key.as_bytes());
        join(&self.members().filter(is_other).collect::<Vec<_>>())
    }

    /// Removes whole members until at most `len` bytes are left.
    ///
    /// Members of more than 128 bytes are removed first, then those at the right (W3C Trace Context
    /// level 2, section 3.3.1.5).
    #[must_use]
    pub fn shortened_to(&self, len: usize) -> Self {
        if self.as_str().len() <= len {
            return self.clone();
        }
        let mut members: Vec<&[u8]> = self.members().collect();
        while joined_len(&members) > len {
            let is_large = |member: &&[u8]| member.len() > LARGE_MEMBER_BYTES;
            let large = members.iter().rposition(is_large);
            let Some(at) = large.or(members.len().checked_sub(1)) else {
                break;
            };
            members.remove(at);
        }
        join(&members)
    }

    #[inline]
    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.0.as_ref()
    }

    fn members(&self) -> impl Iterator<Item = &[u8]> {
        let members = self.as_str().split(',').map(str::as_bytes);
        members.filter(|member| !member.is_empty())
    }
}

impl fmt::Display for TraceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// === impl MemberList ===

impl<'a> MemberList<'a> {
    fn new() -> Self {
        Self {
            list: [&[]; MAX_MEMBERS],
            count: 0,
        }
    }

    /// Adds the members of a header. Returns `None` if one is invalid or there are too many.
    fn add(&mut self, header: &'a [u8]) -> Option<()> {
        for member in header.split(|&byte| byte == b',') {
            let member = trim(member);
            if member.is_empty() {
                continue;
            }
            let (key, value) = split(member)?;
            if !is_key(key) || !is_value(value) {
                return None;
            }
            self.push(member)?;
        }
        Some(())
    }

    /// Adds a member unless its key is there. Returns `None` if there are too many.
    fn push(&mut self, member: &'a [u8]) -> Option<()> {
        let key = split(member)?.0;
        let mut known = self.list[..self.count].iter();
        if !known.any(|member| split(member).is_some_and(|(known, _)| known == key)) {
            *self.list.get_mut(self.count)? = member;
            self.count += 1;
        }
        Some(())
    }

    fn joined_len(&self) -> usize {
        joined_len(&self.list[..self.count])
    }

    fn join(&self) -> TraceState {
        join(&self.list[..self.count])
    }
}

fn joined_len(members: &[&[u8]]) -> usize {
    let commas = members.len().saturating_sub(1);
    commas + members.iter().map(|member| member.len()).sum::<usize>()
}

fn join(members: &[&[u8]]) -> TraceState {
    let joined = members.join(&b","[..]);
    if joined.is_empty() {
        return TraceState::new();
    }
    TraceState(HeaderValue::try_from(joined).ok())
}

fn split(member: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = member.iter().position(|&byte| byte == b'=')?;
    Some((&member[..at], &member[at + 1..]))
}

fn is_key(key: &[u8]) -> bool {
    let first = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
    let other = |byte: &u8| first(byte) || matches!(byte, b'_' | b'-' | b'*' | b'/' | b'@');
    key.len() <= MAX_KEY_BYTES && key.first().is_some_and(first) && key.iter().all(other)
}

fn is_value(value: &[u8]) -> bool {
    let is_valid = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    (1..=MAX_VALUE_BYTES).contains(&value.len()) && value.iter().all(is_valid)
}

// === impl TraceStateError ===

impl fmt::Display for TraceStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

/// Writes what `unwrap` and a `main` that fails print: the text of the error.
impl fmt::Debug for TraceStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for TraceStateError {}
