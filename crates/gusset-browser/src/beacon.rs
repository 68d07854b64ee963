//! What the script sends.

use std::borrow::Cow;
use std::time::Duration;

use gusset_data::hex;

use crate::Phase;

/// The longest time of a page load. Whatever is longer is not one.
const MAX_MILLIS: f64 = 600_000.0;

/// The greatest age of a page, 30 days: a tab may stay open.
const MAX_AGE_MILLIS: f64 = 30.0 * 86_400_000.0;

/// The greatest layout shift. Each shift is at most 1, and a session window has at most some hundred frames.
const MAX_SHIFT: f64 = 100.0;

/// The errors of one page view that count. A script that fails in a loop reports thousands.
const MAX_ERRORS: u32 = 1000;

/// The digits and the point of a number.
const MAX_NUMBER_BYTES: usize = 16;

/// A beacon: the times of one page view. A form, as `URLSearchParams` writes it.
#[derive(Debug, PartialEq)]
pub(crate) struct Beacon<'a> {
    pub(crate) page: Cow<'a, str>,
    /// The sampling ratio of the script that sent it.
    pub(crate) ratio: f64,
    /// The time from the start of the navigation to this beacon.
    pub(crate) age: Duration,
    /// By [`Phase`].
    pub(crate) phases: [Option<Duration>; Phase::ALL.len()],
    pub(crate) lcp: Option<Duration>,
    pub(crate) inp: Option<Duration>,
    pub(crate) cls: Option<f64>,
    pub(crate) errors: u32,
    pub(crate) span: Option<ServerSpan>,
}

/// The span of the request for the page, as the response named it in `Server-Timing`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ServerSpan {
    pub(crate) trace_id: [u8; 16],
    pub(crate) span_id: [u8; 8],
    pub(crate) flags: u8,
}

// === impl Beacon ===

impl<'a> Beacon<'a> {
    /// Reads a beacon. Returns `None` if a field is unknown, repeated, out of bounds or missing.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (mut page, mut ratio, mut age, mut errors) = (None, None, None, None);
        let mut phases = [None; Phase::ALL.len()];
        let (mut lcp, mut inp, mut cls, mut span) = (None, None, None, None);
        for (key, value) in form_urlencoded::parse(bytes) {
            match &*key {
                "page" => set(&mut page, Some(value))?,
                "ratio" => set(&mut ratio, number(&value, 1.0).filter(|it| *it > 0.0))?,
                "age" => set(&mut age, millis(&value, MAX_AGE_MILLIS))?,
                "errors" => set(&mut errors, count(&value))?,
                "lcp" => set(&mut lcp, millis(&value, MAX_MILLIS))?,
                "inp" => set(&mut inp, millis(&value, MAX_MILLIS))?,
                "cls" => set(&mut cls, number(&value, MAX_SHIFT))?,
                "trace" => set(&mut span, ServerSpan::parse(&value))?,
                name => {
                    let phase = Phase::ALL.iter().position(|phase| phase.as_str() == name)?;
                    set(&mut phases[phase], millis(&value, MAX_MILLIS))?;
                }
            }
        }
        Some(Self {
            page: page?,
            ratio: ratio?,
            age: age?,
            phases,
            lcp,
            inp,
            cls,
            errors: errors.unwrap_or_default(),
            span,
        })
    }

    pub(crate) fn phase(&self, phase: Phase) -> Option<Duration> {
        self.phases[phase as usize]
    }
}

// === impl ServerSpan ===

impl ServerSpan {
    /// Reads a `traceparent` of version 00.
    fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("00-").filter(|rest| rest.len() == 52)?;
        let (trace_id, rest) = rest.split_at_checked(32)?;
        let (span_id, flags) = rest.strip_prefix('-')?.split_at_checked(16)?;
        let span = Self {
            trace_id: hex::decode(trace_id)?,
            span_id: hex::decode(span_id)?,
            flags: hex::decode::<1>(flags.strip_prefix('-')?)?[0],
        };
        (span.trace_id != [0; 16] && span.span_id != [0; 8]).then_some(span)
    }
}

/// Sets a field that is valid and not there yet.
fn set<T>(field: &mut Option<T>, value: Option<T>) -> Option<()> {
    field.replace(value?).is_none().then_some(())
}

/// Reads digits with a decimal point: no sign, no exponent, no infinity.
fn number(text: &str, max: f64) -> Option<f64> {
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let number =
        (is_plain && text.len() <= MAX_NUMBER_BYTES).then(|| text.parse::<f64>().ok())??;
    (number <= max).then_some(number)
}

fn millis(text: &str, max: f64) -> Option<Duration> {
    number(text, max).map(|millis| Duration::from_secs_f64(millis / 1e3))
}

fn count(text: &str) -> Option<u32> {
    let is_plain = text.len() <= MAX_NUMBER_BYTES && text.bytes().all(|it| it.is_ascii_digit());
    let count = is_plain.then(|| text.parse::<u64>().ok())??;
    // More than the limit is still one page view.
    Some(u32::try_from(count).unwrap_or(u32::MAX).min(MAX_ERRORS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPAN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn every_field_is_read() {
        let text = format!(
            "page=%2Forders%2F%7Bid%7D&ratio=0.5&errors=2&age=5000.0&dns=1.5&tcp=2.0&tls=3.0&first_byte=40.1\
             &download=5.0&dom=60.0&load=70.0&lcp=65.0&cls=0.0312&inp=24.0&trace={SPAN}"
        );
        let beacon = Beacon::parse(text.as_bytes()).unwrap();
        assert_eq!(beacon.page, "/orders/{id}");
        assert_eq!((beacon.ratio, beacon.errors), (0.5, 2));
        assert_eq!(beacon.age, Duration::from_secs(5));
        let millis = |it: Option<Duration>| it.unwrap().as_secs_f64() * 1e3;
        let phases = Phase::ALL.map(|phase| (millis(beacon.phase(phase)) * 10.0).round() / 10.0);
        assert_eq!(phases, [1.5, 2.0, 3.0, 40.1, 5.0, 60.0, 70.0]);
        assert_eq!((millis(beacon.lcp), millis(beacon.inp)), (65.0, 24.0));
        assert_eq!(beacon.cls, Some(0.0312));
        let span = beacon.span.unwrap();
        assert_eq!(
            (span.trace_id[0], span.span_id[7], span.flags),
            (0x0a, 0x31, 1)
        );
    }

    #[test]
    fn fields_are_bounded() {
        let base = "page=/&ratio=1&age=1";
        assert!(Beacon::parse(base.as_bytes()).is_some());
        let hostile = [
            "load=600001",
            "load=-1",
            "load=1e3",
            "load=inf",
            "load=NaN",
            "load=",
            "load=1.2.3",
            "load=00000000000000001",
            "load=5&load=5",
            "ratio=1",
            "cls=101",
            "errors=-1",
            "errors=1.5",
            "unknown=1",
            "=",
            "a",
            "trace=",
            "trace=00-0-0-0",
            "load=%00",
            "load=١",
            "trace=01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "trace=00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "trace=00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ];
        for more in hostile {
            let text = format!("{base}&{more}");
            assert_eq!(Beacon::parse(text.as_bytes()), None, "{more}");
        }
        for missing in [
            "",
            "page=/&ratio=1",
            "page=/&age=1",
            "ratio=1&age=1",
            "page=/&ratio=0&age=1",
        ] {
            assert_eq!(Beacon::parse(missing.as_bytes()), None, "{missing}");
        }
    }

    #[test]
    fn errors_of_a_loop_are_one_page_view() {
        let beacon = Beacon::parse(b"page=/&ratio=1&age=1&errors=9999999999").unwrap();
        assert_eq!(beacon.errors, MAX_ERRORS);
    }
}
