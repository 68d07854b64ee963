//! W3C Baggage and its limits.

use gusset_propagation::{Baggage, PropagationContext, Propagator as _, W3cBaggage};
use http::{HeaderMap, HeaderValue};

fn baggage(values: &[&str]) -> Baggage {
    let values: Vec<HeaderValue> = values
        .iter()
        .map(|value| HeaderValue::from_bytes(value.as_bytes()).unwrap())
        .collect();
    Baggage::from_header_values(&values)
}

#[test]
fn members_keep_their_order_and_bytes() {
    let parsed = baggage(&["a=1;p;q=2 , b = x%20y", "", "c=%E2%82%AC"]);
    assert_eq!(parsed.as_str(), "a=1;p;q=2,b = x%20y,c=%E2%82%AC");
    assert_eq!(parsed.get("a").as_deref(), Some("1"));
    assert_eq!(parsed.get("b").as_deref(), Some("x y"));
    assert_eq!(parsed.get("c").as_deref(), Some("€"));
}

#[test]
fn invalid_member_is_removed() {
    for invalid in [
        "a", "=1", "a b=1", "a=\"1\"", "a=b c", "a=1;", "a=\\", "é=1",
    ] {
        assert_eq!(baggage(&[invalid, "ok=1"]).as_str(), "ok=1", "{invalid}");
    }
    assert_eq!(baggage(&["a="]).get("a").as_deref(), Some(""));
    assert!(baggage(&["", ","]).is_empty());
}

#[test]
fn sixty_four_members_are_kept() {
    let members: Vec<String> = (0..70).map(|at| format!("k{at}=1")).collect();
    let full = baggage(&[&members.join(",")]);
    assert_eq!(full.as_str(), members[..64].join(","));
    assert!(full.with("more", "1").is_err());
    assert!(full.with("k0", "2").is_ok());
}

#[test]
fn whole_members_of_8192_bytes_are_kept() {
    let member = |key: &str, len: usize| format!("{key}={}", "v".repeat(len - 2));
    let (half, rest) = (member("a", 4096), member("b", 4095));
    let full = baggage(&[&half, &rest, "c=1"]);
    assert_eq!(full.as_str().len(), 8192);
    assert_eq!(full.as_str(), format!("{half},{rest}"));
    assert!(baggage(&[&member("a", 8193)]).is_empty());
}

#[test]
fn value_is_encoded_and_decoded() {
    let value = "a, b;c=\"d\"\\ 100% é";
    let set = Baggage::new().with("key", value).unwrap();
    assert_eq!(set.get("key").as_deref(), Some(value));
    assert_eq!(baggage(&[set.as_str()]), set);
    assert!(set.with("k y", "1").is_err());
    assert!(set.without("key").is_empty());
}

#[test]
fn debug_hides_values() {
    assert!(!format!("{:?}", baggage(&["token=secret"])).contains("secret"));
}

#[test]
fn empty_baggage_removes_a_copied_header() {
    let mut headers = HeaderMap::new();
    headers.append("baggage", HeaderValue::from_static("tenant=7"));
    headers.append("baggage", HeaderValue::from_static("user=1"));
    W3cBaggage.inject(&PropagationContext::default(), &mut headers);
    assert!(headers.is_empty());
}
