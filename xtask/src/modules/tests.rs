use super::*;

/// Returns the circles among modules with these sources.
fn circles(sources: &[(&str, &str)]) -> Vec<String> {
    let mut modules = Modules::default();
    for (path, text) in sources {
        let module: ModulePath = path
            .split("::")
            .filter(|segment| !segment.is_empty())
            .map(String::from)
            .collect();
        modules.add(&module, &format!("{path}.rs"), text);
    }
    modules.circles(&[])
}

#[track_caller]
fn assert_circle(sources: &[(&str, &str)], names: &str) {
    let found = circles(sources);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(&format!("modules {names} form a circle")),
        "{found:?}"
    );
}

#[track_caller]
fn assert_no_circle(sources: &[(&str, &str)]) {
    assert_eq!(circles(sources), Vec::<String>::new());
}

#[test]
fn two_modules_form_a_circle() {
    let sources = [
        ("a", "\nuse crate::b::B;"),
        ("b", "fn f() -> crate::a::A {}"),
    ];
    assert_eq!(
        circles(&sources),
        ["modules a, b form a circle\n    a uses b: a.rs:2\n    b uses a: b.rs:1"]
    );
}

#[test]
fn longer_circle_is_found() {
    assert_circle(
        &[
            ("a", "use super::b::B;"),
            ("b", "use crate::{d::D, c::{self, C}};"),
            ("c", "use crate::a;"),
            ("d", ""),
        ],
        "a, b, c",
    );
}

#[test]
fn circle_of_submodules_is_found() {
    assert_circle(
        &[
            ("m", "mod a; mod b;"),
            ("m::a", "use super::b::B;"),
            ("m::b", "use crate::m::a::A;"),
        ],
        "a, b of `m`",
    );
}

#[test]
fn use_of_a_submodule_counts_for_its_module() {
    assert_circle(
        &[
            ("m", "mod s;"),
            ("m::s", "use crate::n::N;"),
            ("n", "use crate::m::s::S;"),
        ],
        "m, n",
    );
}

#[test]
fn reexported_name_leads_to_its_module() {
    assert_circle(
        &[
            ("", "mod a; mod b; pub use a::A; pub use b::{C as B};"),
            ("a", "use crate::B;"),
            ("b", "use crate::A;"),
        ],
        "a, b",
    );
    assert_circle(
        &[
            ("m", "mod a; mod b; use self::b::B;"),
            ("m::a", "use super::B;"),
            ("m::b", "use super::a::A;"),
        ],
        "a, b of `m`",
    );
}

#[test]
fn modules_in_one_direction_are_accepted() {
    assert_no_circle(&[
        ("", "mod a; mod b; mod c; use a::A;"),
        ("a", "use crate::b::B; use crate::c::C;"),
        ("b", "use crate::c; use std::a::A; use ::a::A;"),
        ("c", "use gusset_core::a; fn f() { self.a(); Self::b() }"),
    ]);
}

#[test]
fn module_and_its_submodules_may_use_each_other() {
    assert_no_circle(&[
        ("m", "mod a; mod b; use self::a::A; struct M;"),
        ("m::a", "use super::M; use super::b::B;"),
        ("m::b", "use crate::m::M;"),
    ]);
}

#[test]
fn tests_may_use_everything() {
    assert_no_circle(&[
        ("a", "use crate::b::B;"),
        (
            "b",
            "#[cfg(test)]\nmod tests { use crate::a::A; fn f() { let c = '{'; } }",
        ),
        (
            "c",
            "#[cfg(test)] use crate::a::A; #[cfg(test)] fn f() { crate::a::A }",
        ),
        ("a::inner", "use crate::c::C;"),
        ("d", "#[cfg(all(test, loom))] mod t;"),
        ("d::t", "use crate::a::A;"),
        ("e", "use crate::d::D;"),
    ]);
    assert_circle(
        &[
            ("a", "use crate::b::B;"),
            (
                "b",
                "#[cfg(not(test))] mod inner { use super::super::a::A; }",
            ),
        ],
        "a, b",
    );
}

#[test]
fn comments_and_strings_are_ignored() {
    assert_no_circle(&[
        ("a", "use crate::b::B;"),
        (
            "b",
            "/// [`A`](crate::a::A)\nconst TEXT: &str = \"crate::a::A {\"; // use crate::a;",
        ),
    ]);
}

#[test]
fn any_text_is_parsed() {
    for text in [
        "use",
        "use crate::{",
        "use a::{,}",
        "mod",
        "#[",
        "#",
        "crate::",
        "}}{",
        "use ;",
    ] {
        assert_no_circle(&[("a", text)]);
    }
}

#[test]
fn names_that_reexport_each_other_are_accepted() {
    assert_no_circle(&[
        ("a", "pub use super::A;"),
        ("", "mod a; pub use a::A;"),
        ("b", "use crate::A;"),
    ]);
}

#[test]
fn allowed_circle_is_not_reported() {
    let mut modules = Modules::default();
    modules.add(&["a".to_owned()], "src/a.rs", "use crate::b::B;");
    modules.add(&["b".to_owned()], "src/b.rs", "use crate::a::A;");
    assert_eq!(modules.circles(&["a"]).len(), 1);
    assert_eq!(modules.circles(&["a", "b"]), Vec::<String>::new());
}
