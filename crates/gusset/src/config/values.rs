//! How values are written in a file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A time as text with units: `500ms`, `5s`, `1m 30s`.
pub(super) mod duration {
    use std::borrow::Cow;
    use std::time::Duration;

    use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Stands for the schema of a time.
    pub(in crate::config) struct Text;

    pub(in crate::config) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => serializer.collect_str(&humantime::format_duration(*duration)),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        match humantime::parse_duration(&text) {
            Ok(duration) => Ok(Some(duration)),
            Err(error) => Err(D::Error::custom(format_args!(
                "`{text}` is not a time such as `500ms` or `1m 30s`: {error}"
            ))),
        }
    }

    impl JsonSchema for Text {
        fn schema_name() -> Cow<'static, str> {
            "Duration".into()
        }

        fn inline_schema() -> bool {
            true
        }

        fn json_schema(_: &mut SchemaGenerator) -> Schema {
            json_schema!({
                "type": "string",
                "format": "duration-with-units",
                "pattern": "^[0-9]+ ?[a-z]+( ?[0-9]+ ?[a-z]+)*$",
            })
        }
    }
}

/// A text that may be secret, such as a token. `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Secret(String);

// === impl Secret ===

impl Secret {
    /// Creates a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Returns whether a setting is left out of the file.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares a section of a [`Config`](super::Config): each setting may be left out.
macro_rules! section {
    ($(#[$of_section:meta])* $section:ident as $fields:ident {
        $( $(#[$of_setting:meta])* $setting:ident: $value:ty, )*
    }) => {
        $(#[$of_section])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $section {
            $(
                $(#[$of_setting])*
                #[serde(skip_serializing_if = "is_default")]
                pub $setting: $value,
            )*
        }

        /// The same fields, with the derived implementation that the one of the section wraps.
        #[derive(Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        struct $fields {
            $( $(#[$of_setting])* $setting: $value, )*
        }

        impl From<$fields> for $section {
            fn from(fields: $fields) -> Self {
                let $fields { $( $setting, )* } = fields;
                Self { $( $setting, )* }
            }
        }
    };
    ($(#[$of_section:meta])* $section:ident {
        $( $(#[$of_setting:meta])* $setting:ident: $value:ty, )*
    }) => {
        $(#[$of_section])*
        #[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        #[non_exhaustive]
        pub struct $section {
            $(
                $(#[$of_setting])*
                #[serde(skip_serializing_if = "is_default")]
                pub $setting: $value,
            )*
        }
    };
}
pub(super) use section;

/// Declares the values of a setting, each with its name in a file.
macro_rules! choices {
    ($(#[$of_choice:meta])* $choice:ident {
        $( $(#[$of_variant:meta])* $variant:ident = $name:literal, )*
    }) => {
        $(#[$of_choice])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[schemars(inline)]
        #[non_exhaustive]
        pub enum $choice {
            $( $(#[$of_variant])* #[serde(rename = $name)] $variant, )*
        }

        impl $choice {
            /// Returns the name in a file.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )*
                }
            }
        }
    };
}
pub(super) use choices;
