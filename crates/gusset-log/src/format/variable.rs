//! The variable that sets the format.

use std::io::{self, IsTerminal as _};
use std::mem::discriminant;

use gusset_core::Env;
use gusset_data::Resource;

use super::output::Format;

/// The formats by name.
const NAMES: &str = "`json`, `ecs`, `google_cloud`, `datadog`, `emf`, `logfmt`, `common`, `combined`, \
                     `pretty` and `pretty_full`";

/// Returns the format that `GUSSET_LOGS_FORMAT` names, or `None` if it is unset or names none. One text
/// about the latter is added to `warnings`.
///
/// The settings of a format are those of `configured`, if it is the same format.
pub(crate) fn format(
    env: Env<'_>,
    is_terminal: bool,
    configured: Option<&Format>,
    warnings: &mut Vec<String>,
) -> Option<Format> {
    let name = match env.var(Format::ENV) {
        Ok(name) => name?,
        Err(error) => {
            warnings.push(format!("ignoring {error}; the default is used"));
            return None;
        }
    };
    let Some(format) = named(&name, env, is_terminal) else {
        let variable = Format::ENV;
        warnings.push(format!(
            "`{variable}`: ignoring `{name}`, the formats are {NAMES}; the default is used"
        ));
        return None;
    };
    Some(match configured {
        Some(configured @ (Format::GoogleCloud { .. } | Format::Emf { .. }))
            if discriminant(configured) == discriminant(&format) =>
        {
            configured.clone()
        }
        _ => format,
    })
}

// === impl Format ===

impl Format {
    /// Returns the format that one of the names of [`ENV`](Self::ENV) stands for, for standard output.
    ///
    /// ```
    /// use gusset_core::Env;
    /// use gusset_log::Format;
    ///
    /// let env = Env::from_fn(&|_| None);
    /// assert_eq!(Format::named("ecs", env), Some(Format::Ecs));
    /// assert_eq!(Format::named("xml", env), None);
    /// ```
    pub fn named(name: &str, env: Env<'_>) -> Option<Self> {
        named(name, env, io::stdout().is_terminal())
    }
}

fn named(name: &str, env: Env<'_>, is_terminal: bool) -> Option<Format> {
    let pretty = |all_fields| Format::Pretty {
        color: Format::detect(env, is_terminal) == Format::pretty(true),
        all_fields,
    };
    Some(match &*name.to_ascii_lowercase() {
        "json" => Format::Json,
        "ecs" => Format::Ecs,
        "google_cloud" => Format::GoogleCloud {
            project: env
                .var("GOOGLE_CLOUD_PROJECT")
                .ok()
                .flatten()
                .filter(|project| is_project_id(project)),
        },
        "datadog" => Format::Datadog,
        "emf" => Format::emf(service_name(env)),
        "logfmt" => Format::Logfmt,
        "common" => Format::Common,
        "combined" => Format::Combined,
        "pretty" => pretty(false),
        "pretty_full" => pretty(true),
        _ => return None,
    })
}

/// Returns whether a text can be the id of a project of Google Cloud.
pub(crate) fn is_project_id(project: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
    (1..=64).contains(&project.len()) && project.bytes().all(is_allowed)
}

/// Returns the name of the service, for a namespace of at most 255 characters.
fn service_name(env: Env<'_>) -> String {
    let resource = Resource::from_env_in(env);
    let mut attributes = resource.attributes();
    let name = attributes.find(|(key, _)| *key == "service.name");
    let name = name.map_or("unknown_service", |(_, name)| name);
    gusset_http::truncate_str(name, 255).to_owned()
}
