//! Own fields of calls.

#[cfg(feature = "trace")]
use std::borrow::Cow;

use super::InstrumentationBuilder;
use crate::kind::ServiceKind;

impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Registers an [own field](crate::field) of calls with all of its values, so that
    /// [`field::low`](crate::field::low) puts it on metrics too. Another value is `_OTHER` in all signals.
    /// Defaults to none.
    ///
    /// Metrics have at most five own fields and custom labels together, with at most 253 values each.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http().field("tenant", ["blue", "green"]).build()?;
    ///
    /// async fn handler() {
    ///     gusset::field::low("tenant", "blue");
    ///     gusset::field::high("user.id", 42);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn field<I>(self, name: impl Into<Box<str>>, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        let name = name.into();
        let values: Vec<Box<str>> = values.into_iter().map(Into::into).collect();
        self.option(|options| options.with_field(name, values))
    }
}

#[cfg(feature = "trace")]
impl<K: ServiceKind, O> InstrumentationBuilder<K, O> {
    /// Adds members of the baggage that a server takes as [own fields](crate::field) of its calls, by their keys.
    /// Defaults to none.
    ///
    /// Only those of trusted senders are taken: of the trusted proxies, or if none are configured, of all senders
    /// with [`TraceTrust::Continue`](gusset_trace::TraceTrust::Continue). They need spans
    /// ([`trace`](Self::trace)), which read the baggage.
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let gusset = gusset::http()
    ///     .trace(|trace| trace)
    ///     .field("tenant", ["blue", "green"])
    ///     .baggage_fields(["tenant", "user.id"])
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn baggage_fields<I>(mut self, keys: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        let keys = keys.into_iter().map(Into::into);
        self.state.baggage_fields.extend(keys);
        self
    }
}
