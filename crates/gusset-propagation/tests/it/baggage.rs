//! W3C Baggage and its limits.

use gusset_propagation::Baggage;
use http::HeaderValue;

fn baggage(lines: &[&str]) -> Baggage {
    let lines: Vec<HeaderValue> = lines
        .iter()
        .map(|line| HeaderValue::from_bytes(line.as_bytes()).unwrap())
        .collect();
    Baggage::from_header_values(&lines)
}

#[test]
fn members_of_all_lines_are_kept_in_their_order_and_byte_for_byte() {
    let kept = baggage(&["a=1;p;q=2 , b = x%20y", "", "c=%E2%82%AC"]);
    assert_eq!(kept.as_str(), "a=1;p;q=2,b = x%20y,c=%E2%82%AC");
    assert_eq!(kept.get("a").as_deref(), Some("1"));
    assert_eq!(kept.get("b").as_deref(), Some("x y"));
    assert_eq!(kept.get("c").as_deref(), Some("€"));
}

#[test]
fn what_is_no_member_is_left_out() {
    for bad in [
        "a", "=1", "a b=1", "a=\"1\"", "a=b c", "a=1;", "a=\\", "é=1",
    ] {
        assert_eq!(baggage(&[bad, "ok=1"]).as_str(), "ok=1", "{bad}");
    }
    assert_eq!(baggage(&["a="]).get("a").as_deref(), Some(""));
    assert!(baggage(&["", ","]).is_empty());
}

#[test]
fn sixty_four_members_are_kept_and_no_more() {
    let members: Vec<String> = (0..70).map(|at| format!("k{at}=1")).collect();
    let kept = baggage(&[&members.join(",")]);
    assert_eq!(kept.as_str(), members[..64].join(","));
    assert!(kept.with("more", "1").is_err());
    assert!(kept.with("k0", "2").is_ok());
}

#[test]
fn whole_members_of_8192_bytes_are_kept_and_no_more() {
    let member = |key: &str, len: usize| format!("{key}={}", "v".repeat(len - 2));
    let (half, rest) = (member("a", 4096), member("b", 4095));
    let kept = baggage(&[&half, &rest, "c=1"]);
    assert_eq!(kept.as_str().len(), 8192);
    assert_eq!(kept.as_str(), format!("{half},{rest}"));
    assert!(baggage(&[&member("a", 8193)]).is_empty());
}

#[test]
fn a_value_that_is_set_is_encoded_and_read_back() {
    let value = "a, b;c=\"d\"\\ 100% é";
    let set = Baggage::new().with("key", value).unwrap();
    assert_eq!(set.get("key").as_deref(), Some(value));
    assert_eq!(baggage(&[set.as_str()]), set);
    assert!(set.with("k y", "1").is_err());
    assert!(set.without("key").is_empty());
}

#[test]
fn baggage_is_not_shown_by_debug() {
    assert!(!format!("{:?}", baggage(&["token=secret"])).contains("secret"));
}
