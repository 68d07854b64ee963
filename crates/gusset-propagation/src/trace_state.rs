//! What vendors keep in a trace: `tracestate`.

use std::fmt;

use http::HeaderValue;

use crate::header::trim;

/// The `tracestate` of a trace (W3C Trace Context level 2, 3.3): its members as they were received,
/// byte for byte and in their order.
///
/// What one header line has said is shared with it, not copied.
///
/// ```
/// use gusset_propagation::TraceState;
/// use http::HeaderValue;
///
/// let lines = [HeaderValue::from_static("foo=1"), HeaderValue::from_static(" bar=2 ,")];
/// let state = TraceState::from_lines(&lines);
/// assert_eq!(state.as_str(), "foo=1,bar=2");
/// assert_eq!(state.get("bar"), Some("2"));
///
/// // A member that is set moves to the left.
/// assert_eq!(state.with("bar", "3")?.as_str(), "bar=3,foo=1");
/// # Ok::<_, gusset_propagation::TraceStateError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceState(Option<HeaderValue>);

/// A member that a `tracestate` cannot have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceStateError {
    what: &'static str,
}

const MEMBERS: usize = 32;
const LONGEST: usize = 256;
/// Members longer than this are the first to go.
const LARGE: usize = 128;

/// The valid members of all lines, the first of each key.
struct Members<'a> {
    list: [&'a [u8]; MEMBERS],
    count: usize,
}

// === impl TraceState ===

impl TraceState {
    /// Nothing kept.
    pub const fn new() -> Self {
        Self(None)
    }

    /// What all the `tracestate` lines of a message say together.
    ///
    /// Empty members are skipped, and of two with the same key the first counts. One bad member, or a
    /// 33rd, and nothing is kept.
    pub fn from_lines<'a>(lines: impl IntoIterator<Item = &'a HeaderValue>) -> Self {
        let mut members = Members::new();
        let mut only = None;
        for (at, line) in lines.into_iter().enumerate() {
            if members.add(line.as_bytes()).is_none() {
                return Self::new();
            }
            only = (at == 0).then_some(line);
        }
        match only {
            // Whatever is left out makes it shorter.
            Some(line) if members.len() == line.len() && !line.is_empty() => {
                Self(Some(line.clone()))
            }
            _ => members.join(),
        }
    }

    /// Whether nothing is kept.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The members with commas between them.
    pub fn as_str(&self) -> &str {
        let value = self.0.as_ref().and_then(|value| value.to_str().ok());
        value.unwrap_or_default()
    }

    /// The members, the most recent first.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let members = self.as_str().split(',');
        members.filter_map(|member| member.split_once('='))
    }

    /// What is kept under that key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find_map(|(known, value)| (known == key).then_some(value))
    }

    /// With that member at the left, where the most recent stands. A 33rd pushes out the last.
    ///
    /// # Errors
    /// If the key or the value is not what a `tracestate` may have.
    pub fn with(&self, key: &str, value: &str) -> Result<Self, TraceStateError> {
        if !is_key(key.as_bytes()) {
            return Err(TraceStateError {
                what: "the key is not 1 to 256 of `a-z0-9_-*/@`",
            });
        }
        if !is_value(value.as_bytes()) || value.ends_with(' ') {
            return Err(TraceStateError {
                what: "the value is not 1 to 256 visible characters without `,` and `=`",
            });
        }
        let first = format!("{key}={value}");
        let mut members = Members::new();
        members.push(first.as_bytes());
        for member in self.members() {
            // Past the 32nd nothing is added.
            members.push(member);
        }
        Ok(members.join())
    }

    /// With whole members left out until it is at most `len` bytes: first those of more than 128
    /// bytes, then from the right (W3C Trace Context level 2, 3.3.1.5).
    #[must_use]
    pub fn shortened_to(&self, len: usize) -> Self {
        if self.as_str().len() <= len {
            return self.clone();
        }
        let mut members: Vec<&[u8]> = self.members().collect();
        while joined_len(&members) > len {
            let large = members.iter().rposition(|member| member.len() > LARGE);
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

// === impl Members ===

impl<'a> Members<'a> {
    fn new() -> Self {
        Self {
            list: [&[]; MEMBERS],
            count: 0,
        }
    }

    /// Adds the members of a line; `None` if one is bad or there are too many.
    fn add(&mut self, line: &'a [u8]) -> Option<()> {
        for member in line.split(|&byte| byte == b',') {
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

    /// Adds a member, unless its key is there already; `None` if there is no place for it.
    fn push(&mut self, member: &'a [u8]) -> Option<()> {
        let key = split(member)?.0;
        let mut known = self.list[..self.count].iter();
        if !known.any(|member| split(member).is_some_and(|(known, _)| known == key)) {
            *self.list.get_mut(self.count)? = member;
            self.count += 1;
        }
        Some(())
    }

    fn len(&self) -> usize {
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
    key.len() <= LONGEST && key.first().is_some_and(first) && key.iter().all(other)
}

fn is_value(value: &[u8]) -> bool {
    let fits = |byte: &u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    (1..=LONGEST).contains(&value.len()) && value.iter().all(fits)
}

// === impl TraceStateError ===

impl fmt::Display for TraceStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }
}

impl std::error::Error for TraceStateError {}
