//! `/run/systemd/sessions/*`: lines such as `CLASS=user`.

use super::text::lines;

/// Returns whether a session is of a person who is signed in: neither a greeter nor a manager, and not closing.
pub(crate) fn is_signed_in(text: &[u8]) -> bool {
    let has = |line: &[u8]| lines(text).any(|it| it == line);
    has(b"CLASS=user") && !has(b"STATE=closing")
}

/// Returns whether a file of the folder is a session. Others have an extension: `1.ref`.
pub(crate) fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.contains(&b'.') && !name.starts_with(b"#")
}
