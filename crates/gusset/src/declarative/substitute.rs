//! Substitutes references to environment variables: `${NAME:-default}`.

use gusset_core::{ConfigError, Env};

/// The text of a scalar after substitution.
#[derive(Debug, PartialEq)]
pub(super) struct Substituted {
    pub(super) text: String,
    /// Whether there was a reference, so that the type of the scalar is not that of the text.
    pub(super) has_reference: bool,
}

/// Substitutes the references of a scalar. Values of variables are used as they are.
pub(super) fn substitute(
    path: &str,
    input: &str,
    env: &Env<'_>,
) -> Result<Substituted, ConfigError> {
    let mut text = String::with_capacity(input.len());
    let mut has_reference = false;
    let mut rest = input;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            text.push('$');
            rest = after;
            continue;
        }
        // A reference ends before the next escape, which divides the text.
        let end = rest.starts_with('{').then(|| rest.find('}')).flatten();
        let end = end.filter(|end| *end > 1 && !rest[..*end].contains("$$"));
        let Some(end) = end else {
            text.push('$');
            continue;
        };
        let Some((name, default)) = parse(&rest[1..end]) else {
            let reason = format!(
                "`${}` is not a reference to a variable: `${{NAME}}` or `${{NAME:-default}}`",
                &rest[..=end]
            );
            return Err(ConfigError::new(path, reason));
        };
        has_reference = true;
        text.push_str(env.var(name)?.as_deref().unwrap_or(default));
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    Ok(Substituted {
        text,
        has_reference,
    })
}

/// Returns the name and the default of a reference.
fn parse(reference: &str) -> Option<(&str, &str)> {
    let reference = reference.strip_prefix("env:").unwrap_or(reference);
    let (name, default) = reference.split_once(":-").unwrap_or((reference, ""));
    let may_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_name =
        name.starts_with(may_start) && name.chars().all(|c| may_start(c) || c.is_ascii_digit());
    is_name.then_some((name, default))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn substituted(input: &str) -> Result<String, String> {
        let env = Env::from_fn(&|name| {
            let value = match name {
                "STRING_VALUE" => "value",
                "FLOAT_VALUE" => "1.1",
                "REPLACE_ME" => "${DO_NOT_REPLACE_ME}",
                "VALUE_WITH_ESCAPE" => "value$$",
                "DO_NOT_REPLACE_ME" => "Never use this value",
                _ => return None,
            };
            Some(value.to_owned())
        });
        let substituted = substitute("a.b", input, &env);
        substituted
            .map(|it| it.text)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn examples_of_the_specification_are_substituted() {
        for (input, expected) in [
            ("${STRING_VALUE}", "value"),
            ("${env:STRING_VALUE}", "value"),
            ("foo ${STRING_VALUE} ${FLOAT_VALUE}", "foo value 1.1"),
            ("${UNDEFINED_KEY}", ""),
            ("${UNDEFINED_KEY:-fallback}", "fallback"),
            ("${STRING_VALUE:-fallback}", "value"),
            ("${REPLACE_ME}", "${DO_NOT_REPLACE_ME}"),
            ("${UNDEFINED_KEY:-${STRING_VALUE}}", "${STRING_VALUE}"),
            ("$${STRING_VALUE}", "${STRING_VALUE}"),
            ("$$${STRING_VALUE}", "$value"),
            ("$$$${STRING_VALUE}", "$${STRING_VALUE}"),
            ("$${STRING_VALUE:-fallback}", "${STRING_VALUE:-fallback}"),
            (
                "$${STRING_VALUE:-${STRING_VALUE}}",
                "${STRING_VALUE:-value}",
            ),
            (
                "${UNDEFINED_KEY:-$${UNDEFINED_KEY}}",
                "${UNDEFINED_KEY:-${UNDEFINED_KEY}}",
            ),
            ("${VALUE_WITH_ESCAPE}", "value$$"),
            ("a $$ b", "a $ b"),
            ("a $ b", "a $ b"),
            ("${", "${"),
            ("${}", "${}"),
            ("größe $", "größe $"),
        ] {
            assert_eq!(substituted(input).as_deref(), Ok(expected), "{input}");
        }
    }

    #[test]
    fn invalid_reference_is_an_error_with_its_path() {
        for invalid in [
            "${STRING_VALUE:?error}",
            "${1API_KEY}",
            "${API_$KEY}",
            "${sys:NAME}",
            "${ }",
        ] {
            let error = substituted(invalid).unwrap_err();
            assert!(error.starts_with("`a.b`: `${"), "{error}");
        }
    }
}
