//! What the `metrics` facade leaves open: the spelling of units, and the boundaries of histograms.

use metrics::Unit;

/// For seconds: the advice of OpenTelemetry's semantic conventions for `http.*.request.duration`,
/// `rpc.*.call.duration` and `messaging.*.duration`.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// For bytes: gusset's choice, because the conventions advise none. Powers of four from 64 B to
/// 64 MiB. The boundary `0` separates empty bodies from small ones.
const BYTES: &[f64] = &[
    0.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// For other units: the default of OpenTelemetry's SDK specification, "Explicit Bucket Histogram
/// Aggregation".
const OTHER: &[f64] = &[
    0.0, 5.0, 10.0, 25.0, 50.0, 75.0, 100.0, 250.0, 500.0, 750.0, 1000.0, 2500.0, 5000.0, 7500.0,
    10000.0,
];

/// Returns the bucket boundaries of a histogram for which none are set, ascending.
///
/// They are those of the unit. Without a unit, they are those of the last word of the name, if it is
/// `seconds` or `bytes`. For recorders, so that all have the same boundaries.
///
/// ```
/// use gusset_data::default_boundaries;
/// use metrics::Unit;
///
/// assert_eq!(default_boundaries("job.duration", Some(Unit::Seconds))[0], 0.005);
/// assert_eq!(default_boundaries("job_seconds", None)[0], 0.005);
/// assert_eq!(default_boundaries("items", None)[1], 5.0);
/// ```
pub fn default_boundaries(name: &str, unit: Option<Unit>) -> &'static [f64] {
    let last_word = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).next();
    match unit {
        Some(Unit::Seconds) => SECONDS,
        Some(Unit::Bytes) => BYTES,
        None if last_word == Some("seconds") => SECONDS,
        None if last_word == Some("bytes") => BYTES,
        _ => OTHER,
    }
}

/// Returns a unit of the facade in UCUM's spelling. A count is empty, because the facade has no
/// annotations.
///
/// ```
/// assert_eq!(gusset_data::ucum(metrics::Unit::Milliseconds), "ms");
/// assert_eq!(gusset_data::ucum(metrics::Unit::Count), "");
/// ```
pub const fn ucum(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "",
        Unit::Percent => "%",
        Unit::Seconds => "s",
        Unit::Milliseconds => "ms",
        Unit::Microseconds => "us",
        Unit::Nanoseconds => "ns",
        Unit::Tebibytes => "TiBy",
        Unit::Gibibytes => "GiBy",
        Unit::Mebibytes => "MiBy",
        Unit::Kibibytes => "KiBy",
        Unit::Bytes => "By",
        Unit::TerabitsPerSecond => "Tbit/s",
        Unit::GigabitsPerSecond => "Gbit/s",
        Unit::MegabitsPerSecond => "Mbit/s",
        Unit::KilobitsPerSecond => "kbit/s",
        Unit::BitsPerSecond => "bit/s",
        Unit::CountPerSecond => "1/s",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_boundaries_are_ascending() {
        for boundaries in [SECONDS, BYTES, OTHER] {
            assert!(boundaries.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn unit_goes_before_the_name() {
        assert_eq!(default_boundaries("a.seconds", None), SECONDS);
        assert_eq!(default_boundaries("a_bytes", None), BYTES);
        assert_eq!(default_boundaries("a_seconds", Some(Unit::Bytes)), BYTES);
        assert_eq!(default_boundaries("a_seconds", Some(Unit::Count)), OTHER);
        assert_eq!(default_boundaries("milliseconds", None), OTHER);
    }
}
