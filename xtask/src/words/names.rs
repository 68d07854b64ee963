//! Identifiers and their parts.

/// How an identifier is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `snake_case`
    Lower,
    /// `CamelCase`
    Camel,
    /// `SCREAMING_CASE`
    Upper,
}

/// Returns how an identifier is written.
pub(super) fn style(name: &str) -> Style {
    if !name.chars().any(char::is_uppercase) {
        Style::Lower
    } else if name.chars().any(char::is_lowercase) {
        if name.starts_with(char::is_uppercase) {
            Style::Camel
        } else {
            Style::Lower
        }
    } else {
        Style::Upper
    }
}

/// Splits an identifier at underscores and capitals: `HTTPServer_x` has `http`, `server` and `x`.
pub(super) fn parts(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for word in name.split('_').filter(|word| !word.is_empty()) {
        let characters: Vec<char> = word.chars().collect();
        let mut part = String::new();
        for (index, character) in characters.iter().enumerate() {
            let previous_is_lower = index > 0 && !characters[index - 1].is_uppercase();
            let next_is_lower = characters
                .get(index + 1)
                .is_some_and(|next| next.is_lowercase());
            if index > 0 && character.is_uppercase() && (previous_is_lower || next_is_lower) {
                parts.push(std::mem::take(&mut part));
            }
            part.extend(character.to_lowercase());
        }
        parts.push(part);
    }
    parts
}
