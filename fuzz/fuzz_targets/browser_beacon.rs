//! Beacons of browsers: what is read is within its bounds, and the rest is malformed.
#![no_main]

use std::time::Duration;

use gusset_browser::fuzzing;
use libfuzzer_sys::{arbitrary, fuzz_target};

/// The greatest age of a page.
const MAX_AGE: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug, arbitrary::Arbitrary)]
enum Input {
    Bytes(Vec<u8>),
    /// A beacon of the script, with any page and times.
    Beacon(String, u32, u32, Vec<(String, String)>),
}

fuzz_target!(|input: Input| match input {
    Input::Bytes(bytes) => {
        if let Some((_, ratio, longest)) = fuzzing::beacon(&bytes) {
            assert!(ratio > 0.0 && ratio <= 1.0, "{ratio}");
            assert!(longest <= MAX_AGE, "{longest:?}");
        }
    }
    Input::Beacon(page, age, load, more) => {
        let (age, load) = (age % 2_592_000_000, load % 600_000);
        let encoded = percent_encoding::utf8_percent_encode(&page, percent_encoding::NON_ALPHANUMERIC);
        let beacon = format!("page={encoded}&ratio=0.5&age={age}.0&load={load}.5");
        let (read, ratio, longest) = fuzzing::beacon(beacon.as_bytes()).expect("it is valid");
        assert_eq!((read, ratio), (page, 0.5));
        let expected = Duration::from_millis(u64::from(age)).max(Duration::from_micros(u64::from(load) * 1000 + 500));
        assert_eq!(longest, expected);
        // Whatever follows, nothing that was read changes.
        let more: String = more.iter().map(|(key, value)| format!("&{key}={value}")).collect();
        if let Some((_, _, longest)) = fuzzing::beacon(format!("{beacon}{more}").as_bytes()) {
            assert!(longest >= expected && longest <= MAX_AGE);
        }
    }
});
