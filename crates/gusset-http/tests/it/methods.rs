//! The methods that may become a label's value, and what stands for all others.

use gusset_http::KnownMethods;

fn names(known: &KnownMethods) -> Vec<&str> {
    (0..known.count()).map(|index| known.name(index)).collect()
}

#[test]
fn the_standard_list_is_that_of_the_semantic_conventions() {
    let standard = [
        "_OTHER", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "CONNECT", "TRACE",
        "QUERY",
    ];
    assert_eq!(names(&KnownMethods::default()), standard);
}

#[test]
fn a_method_has_its_place_and_its_name_and_every_other_has_the_first() {
    let known = KnownMethods::default();
    for (index, name) in names(&known).into_iter().enumerate() {
        assert_eq!(known.index(name), index);
    }
    for stranger in ["get", "BREW", "", "GET ", "GETS", "Post"] {
        assert_eq!(known.index(stranger), 0, "{stranger:?}");
    }
}

#[test]
fn a_place_beyond_the_list_is_that_of_the_others() {
    let known = KnownMethods::default();
    assert_eq!(known.name(known.count()), KnownMethods::OTHER);
    assert_eq!(known.name(usize::MAX), KnownMethods::OTHER);
}

#[test]
fn the_variable_replaces_the_list_whole() {
    assert_eq!(KnownMethods::ENV, "OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS");
    let known = KnownMethods::parse(" PROPFIND ,MKCOL,, get ,").unwrap();
    assert_eq!(names(&known), ["_OTHER", "PROPFIND", "MKCOL", "get"]);
    assert_eq!(
        (known.index("GET"), known.index("get")),
        (0, 3),
        "case counts"
    );
}

#[test]
fn an_empty_variable_is_unset() {
    for empty in ["", " ", "\t\n"] {
        let known = KnownMethods::parse(empty).unwrap();
        assert_eq!(names(&known), names(&KnownMethods::default()));
    }
}

#[test]
fn a_method_that_is_named_twice_has_one_place() {
    let known = KnownMethods::parse("GET,POST,GET,GET").unwrap();
    assert_eq!(names(&known), ["_OTHER", "GET", "POST"]);
}

#[test]
fn the_name_of_all_others_has_one_place_too() {
    let known = KnownMethods::parse("GET,_OTHER,POST").unwrap();
    assert_eq!(names(&known), ["_OTHER", "GET", "POST"]);
    assert_eq!(known.index("_OTHER"), 0);
}

#[test]
fn a_list_that_cannot_be_used_says_why() {
    let error = |list: &str| KnownMethods::parse(list).unwrap_err().to_string();
    assert_eq!(error(","), "no method is named");
    assert_eq!(error("GET;POST"), "a method is not an HTTP token");
    assert_eq!(error("GET POST"), "a method is not an HTTP token");
    assert_eq!(error("GÉT"), "a method is not an HTTP token");
    let many = |count: u32| {
        (0..count)
            .map(|n| format!("M{n}"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(error(&many(65)), "more than 64 methods are named");
    assert_eq!(KnownMethods::parse(&many(64)).unwrap().count(), 65);
    let twice = format!("{},{}", many(64), many(64));
    assert_eq!(
        KnownMethods::parse(&twice).unwrap().count(),
        65,
        "named twice, counted once"
    );
    assert!(KnownMethods::new([]).is_err() && KnownMethods::new([""]).is_err());
}
