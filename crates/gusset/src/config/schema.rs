//! The JSON schema, and the table of settings that is read from it.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::Config;

/// One setting.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) name: String,
    /// Its meaning and its default.
    pub(super) description: String,
    /// The environment variable that overrides it.
    pub(super) variable: Option<String>,
    pub(super) is_secret: bool,
    pub(super) kind: Kind,
}

/// What a setting is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A value: its JSON type, and whether it is a time.
    Value {
        json_type: String,
        is_duration: bool,
    },
    /// A section with settings.
    Section(Vec<Setting>),
    /// Sections with any names and these settings.
    Sections(Vec<Setting>),
}

impl Config {
    /// Returns the JSON schema of the settings (draft 2020-12), for editors and checks of files.
    ///
    /// The environment variable of a setting is its `x-env`.
    ///
    /// ```
    /// let schema = gusset::Config::json_schema();
    /// assert_eq!(schema["properties"]["service_name"]["x-env"], "OTEL_SERVICE_NAME");
    /// ```
    pub fn json_schema() -> Value {
        let mut settings = SchemaSettings::draft2020_12();
        settings.inline_subschemas = true;
        let schema = settings.into_generator().into_root_schema_for::<Self>();
        schema.to_value()
    }
}

/// Returns the settings, in the order of the schema.
pub(super) fn settings() -> &'static [Setting] {
    static SETTINGS: OnceLock<Vec<Setting>> = OnceLock::new();
    SETTINGS.get_or_init(|| settings_of(&Config::json_schema()))
}

/// Returns whether a value at this path, or a part of it, may be secret.
pub(super) fn is_secret(path: &str) -> bool {
    let (mut settings, mut is_secret) = (settings(), false);
    for name in path.split('.') {
        let Some(setting) = settings.iter().find(|setting| setting.name == name) else {
            break;
        };
        is_secret |= setting.is_secret;
        if let Kind::Section(of_section) = &setting.kind {
            settings = of_section;
        }
    }
    is_secret
}

fn settings_of(schema: &Value) -> Vec<Setting> {
    let properties = schema["properties"].as_object();
    let settings = properties.into_iter().flatten().map(|(name, schema)| {
        let text = |key: &str| schema[key].as_str().unwrap_or_default().to_owned();
        Setting {
            name: name.clone(),
            description: text("description"),
            variable: schema["x-env"].as_str().map(str::to_owned),
            is_secret: schema["x-secret"] == true,
            kind: kind(schema),
        }
    });
    settings.collect()
}

fn kind(schema: &Value) -> Kind {
    if schema["properties"].is_object() {
        return Kind::Section(settings_of(schema));
    }
    let of_each = &schema["additionalProperties"];
    if of_each["properties"].is_object() {
        return Kind::Sections(settings_of(of_each));
    }
    let is_type = |json_type: &Value| {
        json_type
            .as_str()
            .filter(|it| *it != "null")
            .map(str::to_owned)
    };
    let json_type = match &schema["type"] {
        Value::Array(types) => types.iter().find_map(is_type),
        json_type => is_type(json_type),
    };
    Kind::Value {
        // A choice is an `enum`, or several `const`.
        json_type: json_type.unwrap_or_else(|| "string".to_owned()),
        is_duration: schema["format"] == "duration-with-units",
    }
}
