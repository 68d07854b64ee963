//! The settings of own fields.

use std::borrow::Cow;

use super::TelemetryBuilder;

impl TelemetryBuilder {
    /// Registers an [own field](crate::field) of calls with all of its values, for all layers. Defaults to
    /// none. See [`InstrumentationBuilder::field`](crate::InstrumentationBuilder::field).
    ///
    /// ```
    /// # fn main() -> Result<(), gusset::ConfigError> {
    /// let telemetry = gusset::telemetry().field("tenant", ["blue", "green"]);
    /// let telemetry = telemetry.baggage_fields(["tenant"]).build_with(|_| None)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn field<I>(mut self, name: impl Into<Box<str>>, values: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        self.fields.register(name.into(), values);
        self
    }

    /// Adds members of the baggage that servers take as own fields of their calls, from trusted senders only.
    /// Defaults to none. See [`InstrumentationBuilder::baggage_fields`](crate::InstrumentationBuilder::baggage_fields).
    pub fn baggage_fields<I>(mut self, keys: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.fields.take_of_baggage(keys);
        self
    }
}
