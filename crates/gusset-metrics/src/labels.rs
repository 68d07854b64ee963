//! Custom labels. Their values are listed in advance, so their number is bounded.

use std::fmt;

use gusset_http::{RequestHead, ResponseHead};

use crate::ConfigError;

/// A type whose values are the values of a label, usually an enum.
///
/// A handler sets the value for its call by inserting it into the response extensions. An outer layer
/// can insert it into the request extensions. The response takes precedence.
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label value",
    label = "the values of this type are not listed",
    note = "implement `LabelValue` for it, with the key and all values; free text is refused because each value makes a series"
)]
pub trait LabelValue: Send + Sync + 'static {
    /// The key of the label.
    const KEY: &'static str;
    /// All values of the label.
    const VALUES: &'static [&'static str];

    /// Returns the index of this value in [`VALUES`](Self::VALUES). A greater index is `_OTHER`.
    fn index(&self) -> usize;
}

/// A custom label for all metrics of calls, except the number of active calls.
///
/// A call without a value does not have the label. A value that is not listed is `_OTHER`.
pub struct Label {
    key: String,
    values: Vec<String>,
    source: Source,
}

type FromRequest = dyn for<'a> Fn(RequestHead<'a>) -> Option<&'a str> + Send + Sync;

enum Source {
    Extensions(fn(&http::Extensions) -> Option<usize>),
    Request(Box<FromRequest>),
    /// An own field of the call.
    Field,
}

/// The number of a label value: 0 if the label is absent, 1 for `_OTHER`, then the listed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LabelId(pub(crate) u8);

/// The number of the first listed value.
const FIRST_LISTED: usize = 2;

/// A number fits in one byte of the key.
const MAX_LISTED: usize = u8::MAX as usize - FIRST_LISTED;

// === impl Label ===

impl Label {
    /// Creates a label whose values are those of a type, read from the extensions.
    pub fn from_extension<L: LabelValue>() -> Self {
        Self {
            key: L::KEY.to_owned(),
            values: L::VALUES.iter().map(|value| (*value).to_owned()).collect(),
            source: Source::Extensions(|extensions| extensions.get::<L>().map(L::index)),
        }
    }

    /// Creates a label with the listed values. The function `value` reads it from the request.
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
            source: Source::Request(Box::new(value)),
        }
    }

    /// Creates the label of a registered own field.
    pub(crate) fn from_field(name: &str, values: &[Box<str>]) -> Self {
        Self {
            key: name.to_owned(),
            values: values.iter().map(ToString::to_string).collect(),
            source: Source::Field,
        }
    }

    /// Returns whether the label is the own field with this name.
    pub(crate) fn is_field(&self, name: &str) -> bool {
        matches!(self.source, Source::Field) && self.key == name
    }

    /// Returns the name of the setting in errors.
    pub(crate) fn setting(&self) -> String {
        match self.source {
            Source::Field => format!("field.{}", self.key),
            _ => format!("labels.{}", self.key),
        }
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let setting = || self.setting();
        if self.key.is_empty() {
            return Err(ConfigError::new("labels", "a label has an empty key"));
        }
        if self.values.is_empty() {
            return Err(ConfigError::new(setting(), "no values are listed"));
        }
        if self.values.len() > MAX_LISTED {
            let reason = format_args!("more than {MAX_LISTED} values are listed");
            return Err(ConfigError::new(setting(), reason));
        }
        Ok(())
    }

    #[inline]
    pub(crate) fn request_value(&self, req: RequestHead<'_>) -> Option<LabelId> {
        match &self.source {
            Source::Extensions(index) => index(req.extensions).map(|index| self.id(index)),
            Source::Request(value) => value(req).map(|value| self.listed_value(value)),
            Source::Field => None,
        }
    }

    /// Returns the number of a text, which is `_OTHER` if it is not listed.
    #[inline]
    pub(crate) fn listed_value(&self, value: &str) -> LabelId {
        let index = self.values.iter().position(|listed| listed == value);
        self.id(index.unwrap_or(usize::MAX))
    }

    #[inline]
    pub(crate) fn response_value(&self, res: ResponseHead<'_>) -> Option<LabelId> {
        match &self.source {
            Source::Extensions(index) => index(res.extensions).map(|index| self.id(index)),
            Source::Request(_) | Source::Field => None,
        }
    }

    /// Returns the text of a value, or `None` if the call has none.
    pub(crate) fn text(&self, id: LabelId) -> Option<&str> {
        let LabelId(number) = id;
        match usize::from(number) {
            0 => None,
            number => {
                let index = number.checked_sub(FIRST_LISTED);
                Some(
                    index
                        .and_then(|index| self.values.get(index))
                        .map_or("_OTHER", String::as_str),
                )
            }
        }
    }

    fn id(&self, index: usize) -> LabelId {
        let number = if index < self.values.len() {
            index + FIRST_LISTED
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
