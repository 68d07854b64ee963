//! The settings of own fields, for all layers of a process.

use std::borrow::Cow;

use crate::InstrumentationBuilder;
use crate::kind::ServiceKind;

#[derive(Clone, Debug, Default)]
pub(super) struct OwnFields {
    registered: Vec<(Box<str>, Vec<Box<str>>)>,
    of_baggage: Vec<Cow<'static, str>>,
}

// === impl OwnFields ===

impl OwnFields {
    pub(super) fn register<I>(&mut self, name: Box<str>, values: I)
    where
        I: IntoIterator,
        I::Item: Into<Box<str>>,
    {
        let values = values.into_iter().map(Into::into).collect();
        self.registered.push((name, values));
    }

    pub(super) fn take_of_baggage<I>(&mut self, keys: I)
    where
        I: IntoIterator,
        I::Item: Into<Cow<'static, str>>,
    {
        self.of_baggage.extend(keys.into_iter().map(Into::into));
    }

    pub(super) fn apply<K>(&self, builder: InstrumentationBuilder<K>) -> InstrumentationBuilder<K>
    where
        K: ServiceKind,
    {
        let fields = self.registered.iter().cloned();
        fields
            .fold(builder, |builder, (name, values)| {
                builder.field(name, values)
            })
            .baggage_fields(self.of_baggage.iter().cloned())
    }
}
