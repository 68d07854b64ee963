//! One trace through several services over real connections: axum, reqwest and tonic, with the recipes
//! of `docs/tracing.md`.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of a test are tests themselves"
)]

mod end_to_end;
mod http2;
mod recipes;
mod retries;

/// The recipes in `docs/tracing.md`, with their files.
const RECIPES: [(&str, &str); 3] = [
    ("reqwest", include_str!("recipes.rs")),
    ("tonic", include_str!("recipes.rs")),
    ("retry", include_str!("retries.rs")),
];

#[test]
fn documentation_has_the_tested_recipes() {
    let page = include_str!("../../docs/tracing.md");
    for (name, file) in RECIPES {
        let mark = format!("// [{name}]\n");
        let recipe = file.split(&mark).nth(1).unwrap();
        assert!(page.contains(recipe.trim_end()), "{name}");
    }
}
