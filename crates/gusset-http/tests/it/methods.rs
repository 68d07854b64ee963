//! Known methods, and `_OTHER`.

use gusset_core::Env;
use gusset_http::KnownMethods;

fn names(known: &KnownMethods) -> Vec<&str> {
    (0..known.count()).map(|index| known.name(index)).collect()
}

#[test]
fn default_list_is_that_of_the_semantic_conventions() {
    let standard = [
        "_OTHER", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE",
        "QUERY",
    ];
    assert_eq!(names(&KnownMethods::default()), standard);
}

#[test]
fn unknown_method_has_index_zero() {
    let known = KnownMethods::default();
    for (index, name) in names(&known).into_iter().enumerate() {
        assert_eq!(known.index(name), index);
    }
    for unknown in ["get", "BREW", "", "GET ", "GETS", "Post"] {
        assert_eq!(known.index(unknown), 0, "{unknown:?}");
    }
}

#[test]
fn index_beyond_the_list_is_other() {
    let known = KnownMethods::default();
    assert_eq!(known.name(known.count()), KnownMethods::OTHER);
    assert_eq!(known.name(usize::MAX), KnownMethods::OTHER);
}

#[test]
fn environment_variable_replaces_the_whole_list() {
    assert_eq!(KnownMethods::ENV, "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS");
    let known = KnownMethods::parse(" PROPFIND ,MKCOL,, get ,").unwrap();
    assert_eq!(names(&known), ["_OTHER", "PROPFIND", "MKCOL", "get"]);
    assert_eq!(
        (known.index("GET"), known.index("get")),
        (0, 3),
        "case matters"
    );
}

#[test]
fn blank_variable_is_unset() {
    for empty in ["", " ", "\t\n"] {
        let known = KnownMethods::parse(empty).unwrap();
        assert_eq!(names(&known), names(&KnownMethods::default()));
    }
}

#[test]
fn repeated_method_has_one_index() {
    let known = KnownMethods::parse("GET,POST,GET,GET").unwrap();
    assert_eq!(names(&known), ["_OTHER", "GET", "POST"]);
}

#[test]
fn other_has_index_zero() {
    let known = KnownMethods::parse("GET,_OTHER,POST").unwrap();
    assert_eq!(names(&known), ["_OTHER", "GET", "POST"]);
    assert_eq!(known.index("_OTHER"), 0);
}

#[test]
fn invalid_list_is_an_error_with_a_reason() {
    let error = |list: &str| KnownMethods::parse(list).unwrap_err().to_string();
    assert_eq!(error(","), "the list is empty");
    assert_eq!(error("GET;POST"), "a method is not an HTTP token");
    assert_eq!(error("GET POST"), "a method is not an HTTP token");
    assert_eq!(error("GÉT"), "a method is not an HTTP token");
    let many = |count: u32| {
        (0..count)
            .map(|n| format!("M{n}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(error(&many(65)), "more than 64 methods");
    assert_eq!(KnownMethods::parse(&many(64)).unwrap().count(), 65);
    let twice = format!("{},{}", many(64), many(64));
    assert_eq!(
        KnownMethods::parse(&twice).unwrap().count(),
        65,
        "repeated methods count once"
    );
    assert!(KnownMethods::new([]).is_err() && KnownMethods::new([""]).is_err());
}

#[cfg(unix)]
#[test]
fn variable_that_is_not_unicode_is_ignored_with_one_warning() {
    use gusset_testkit::{EventRecorder, with_invalid_variables};

    let test = "methods::variable_that_is_not_unicode_is_ignored_with_one_warning";
    if !with_invalid_variables(test, &[KnownMethods::ENV]).unwrap() {
        return;
    }
    let log = EventRecorder::new(tracing::Level::WARN);
    log.record(|| {
        for _ in 0..2 {
            let known = KnownMethods::from_env(Env::process()).unwrap();
            assert_eq!(names(&known), names(&KnownMethods::default()));
        }
    });
    let lines = log.lines();
    assert!(
        lines.len() == 1 && lines[0].contains(KnownMethods::ENV),
        "{lines:?}"
    );
}
