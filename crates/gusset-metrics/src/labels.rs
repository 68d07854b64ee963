//! Labels that a user adds: bounded, because their values are listed before they are used.

use std::fmt;

use gusset_http::{RequestHead, ResponseHead};

use crate::ConfigError;

/// A type whose values are the values of a label: an enum, as a rule.
///
/// A handler gives its own call a value by leaving it in the response's extensions, an outer layer
/// by leaving it in the request's; the response's wins.
///
/// ```
/// use gusset_metrics::LabelValue;
///
/// #[derive(Clone, Copy)]
/// enum Plan {
///     Free,
///     Paid,
/// }
///
/// impl LabelValue for Plan {
///     const KEY: &'static str = "app.plan";
///     const VALUES: &'static [&'static str] = &["free", "paid"];
///     fn index(&self) -> usize {
///         *self as usize
///     }
/// }
///
/// let mut response = http::Response::new(());
/// response.extensions_mut().insert(Plan::Paid);
/// ```
pub trait LabelValue: Send + Sync + 'static {
    /// The label's key.
    const KEY: &'static str;
    /// The values it may take.
    const VALUES: &'static [&'static str];

    /// The place of this value in [`VALUES`](Self::VALUES); one beyond them is `_OTHER`.
    fn index(&self) -> usize;
}

/// A label that a user adds to every metric of calls, but for the number of active ones.
///
/// A call without a value has no such label; a value that was not listed is `_OTHER`.
pub struct Label {
    key: String,
    values: Vec<String>,
    from: From,
}

type FromRequest = dyn for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync;

enum From {
    Extensions(fn(&http::Extensions) -> Option<usize>),
    Request(Box<FromRequest>),
}

/// The value of a label in a series: its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelId(pub(crate) u8);

/// Numbers zero (absent) and one (`_OTHER`) are taken.
const FIRST: usize = 2;

// === impl Label ===

impl Label {
    /// A label whose values are those of a type, found in the extensions.
    pub fn of<L: LabelValue>() -> Self {
        Self {
            key: L::KEY.to_owned(),
            values: L::VALUES.iter().map(|value| (*value).to_owned()).collect(),
            from: From::Extensions(|extensions| extensions.get::<L>().map(L::index)),
        }
    }

    /// A label of the values listed here, which a function reads off the request.
    ///
    /// ```
    /// use gusset_metrics::Label;
    ///
    /// let tenant = Label::from_request("app.tenant", ["blue", "green"], |req| {
    ///     req.headers.get("x-tenant")?.to_str().ok()
    /// });
    /// ```
    pub fn from_request<F>(
        key: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
        value: F,
    ) -> Self
    where
        F: for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync + 'static,
    {
        Self {
            key: key.into(),
            values: values.into_iter().map(Into::into).collect(),
            from: From::Request(Box::new(value)),
        }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let field = || format!("labels.{}", self.key);
        if self.key.is_empty() {
            return Err(ConfigError::new("labels", "a label has no key"));
        }
        if self.values.is_empty() {
            return Err(ConfigError::new(field(), "it lists no values"));
        }
        if self.values.len() > usize::from(u8::MAX) - FIRST {
            return Err(ConfigError::new(field(), "it lists more than 253 values"));
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn of_request(&self, req: RequestHead<'_>) -> Option<LabelId> {
        match &self.from {
            From::Extensions(index) => index(req.extensions).map(|index| self.id(index)),
            From::Request(value) => value(req).map(|value| {
                let place = self.values.iter().position(|listed| listed == value);
                self.id(place.unwrap_or(usize::MAX))
            }),
        }
    }

    #[inline]
    pub(crate) fn of_response(&self, res: ResponseHead<'_>) -> Option<LabelId> {
        match &self.from {
            From::Extensions(index) => index(res.extensions).map(|index| self.id(index)),
            From::Request(_) => None,
        }
    }

    /// The text of a value; `None` if the call has none.
    pub(crate) fn text(&self, id: LabelId) -> Option<&str> {
        let LabelId(number) = id;
        match usize::from(number) {
            0 => None,
            number => {
                let place = number.checked_sub(FIRST);
                Some(
                    place
                        .and_then(|at| self.values.get(at))
                        .map_or("_OTHER", String::as_str),
                )
            }
        }
    }

    fn id(&self, index: usize) -> LabelId {
        let number = if index < self.values.len() {
            index + FIRST
        } else {
            1
        };
        LabelId(u8::try_from(number).expect("checked to list at most 253 values"))
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Label")
            .field("key", &self.key)
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
