//! File globs: `*` is any text without a slash, `**` any text.

/// Returns whether the whole path matches the glob.
pub(super) fn matches(glob: &str, path: &str) -> bool {
    if let Some(rest) = glob.strip_prefix("**") {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        return suffixes(path).any(|suffix| matches(rest, suffix));
    }
    if let Some(rest) = glob.strip_prefix('*') {
        return suffixes(path)
            .take_while(|suffix| !path[..path.len() - suffix.len()].contains('/'))
            .any(|suffix| matches(rest, suffix));
    }
    match (glob.chars().next(), path.chars().next()) {
        (None, None) => true,
        (Some(expected), Some(actual)) if expected == actual => {
            matches(&glob[expected.len_utf8()..], &path[actual.len_utf8()..])
        }
        _ => false,
    }
}

fn suffixes(path: &str) -> impl Iterator<Item = &str> {
    path.char_indices()
        .map(|(index, _)| &path[index..])
        .chain([""])
}
