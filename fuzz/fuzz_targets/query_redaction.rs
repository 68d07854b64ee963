//! The redaction of queries: no value of a secret key survives.
#![no_main]

use std::fmt::Write as _;

use gusset_fuzz::SECRET;
use gusset_http::QueryRedaction;
use libfuzzer_sys::fuzz_target;

const KEYS: &[&str] = &[
    "AWSAccessKeyId",
    "Signature",
    "sig",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Goog-Signature",
    "token",
];

fuzz_target!(|input: (String, u8, u32, String, String)| {
    let (before, key, spelling, value, after) = input;
    let mut redaction = QueryRedaction::default();
    redaction.add("token");

    let harmless = redaction.redact(&before).to_string();
    assert!(harmless.len() <= QueryRedaction::MAX_BYTES + "...".len());
    if [&before, &value, &after]
        .iter()
        .any(|text| text.contains(SECRET))
    {
        return;
    }
    // `&` separates pairs, so a value cannot have it.
    let value = value.replace('&', "");
    let key = respell(KEYS[usize::from(key) % KEYS.len()], spelling);
    let query = format!("{before}&{key}={value}{SECRET}&{after}");
    let redacted = redaction.redact(&query).to_string();
    assert!(!redacted.contains(SECRET), "{redacted}");
    assert!(redacted.len() <= QueryRedaction::MAX_BYTES + "...".len());
    assert!(!format!("{:?}", redaction.redact(&query)).contains(SECRET));
    assert_eq!(redaction.redact(&redacted).to_string(), redacted);
});

/// Encodes some letters of a key, or changes their case: two bits for each.
fn respell(key: &str, spelling: u32) -> String {
    let mut spelled = String::new();
    for (at, letter) in key.chars().enumerate() {
        match spelling.rotate_right(2 * at as u32) & 3 {
            0 => spelled.push(letter),
            1 => spelled.push(letter.to_ascii_uppercase()),
            2 => spelled.push(letter.to_ascii_lowercase()),
            _ => {
                let _ = write!(spelled, "%{:02x}", letter as u32);
            }
        }
    }
    spelled
}
