//! The pure function, and what holds its result over several readings.

use gusset_core::ConfigError;

use crate::diagnosis::Load;
use crate::rules::{self, Inputs, RuleResult, Signs};
use crate::{Diagnosis, FindingKind, Reading, Stage, Thresholds};

/// Finds out from two readings what slows the service down, and what does not.
///
/// Counters are compared between the two, which should be some seconds apart: with less than one second, everything that
/// needs a counter is unknown. The result depends on nothing else. A [`Diagnoser`] does this for each new reading, and
/// keeps what is there for a moment only from being reported.
///
/// A value that grows worse never removes its finding. An unknown one is neither a finding nor cleared.
///
/// ```
/// use std::time::Duration;
/// use gusset_diagnose::{Reading, Thresholds, diagnose};
/// use gusset_system::Snapshot;
///
/// let mut now = Snapshot::default();
/// now.time = Duration::from_secs(10);
/// now.process.open_files = Some(950);
/// now.process.open_files_limit = Some(1024);
///
/// let (before, now) = (Reading::default(), Reading::from(now));
/// let diagnosis = diagnose(&before, &now, &Thresholds::default());
/// assert_eq!(diagnosis.findings.len(), 1);
/// assert_eq!(diagnosis.findings[0].kind.id, "files.limit");
/// println!("{diagnosis}");
/// ```
pub fn diagnose(previous: &Reading, now: &Reading, thresholds: &Thresholds) -> Diagnosis {
    Diagnosis::new(load(now, thresholds), &evaluate(previous, now, thresholds))
}

/// Returns the result of each rule.
fn evaluate(
    previous: &Reading,
    now: &Reading,
    thresholds: &Thresholds,
) -> Vec<(&'static FindingKind, RuleResult)> {
    let inputs = Inputs::new(previous, now, thresholds);
    let rules = rules::ALL.iter();
    rules
        .map(|rule| (rule.kind, (rule.check)(&inputs)))
        .collect()
}

fn load(now: &Reading, thresholds: &Thresholds) -> Option<Load> {
    // The load average counts the tasks of the host, so its CPUs are the divisor.
    let host = &now.snapshot.host;
    let per_cpu = host.load?.one / f64::from(host.cpus?.max(1));
    Some(Load {
        per_cpu,
        severity: thresholds.load_per_cpu.severity(per_cpu),
    })
}

/// Diagnoses each new reading, and reports what holds.
///
/// A finding begins when it was there in `needed` of the last `of` readings: 3 of 5 by default. It ends when it was in none of
/// the last 3. Out of memory, no free port and dropped connections begin at once, because the kernel counts them only when
/// they happen.
///
/// ```
/// use gusset_diagnose::{Diagnoser, Reading};
///
/// let mut diagnoser = Diagnoser::default();
/// let diagnosis = diagnoser.observe(Reading::default());
/// assert!(diagnosis.is_clear());
/// ```
#[derive(Debug)]
pub struct Diagnoser {
    thresholds: Thresholds,
    hold: Hold,
    previous: Option<Reading>,
    /// What was seen of each rule.
    seen: Vec<Seen>,
}

/// In how many readings a finding has to be. See [`Diagnoser`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hold {
    /// A finding begins when it was in this number of readings…
    pub needed: u32,
    /// …of the last ones of this number, at most 32.
    pub of: u32,
    /// A finding ends when it was in none of the last readings of this number, at most 32.
    pub clear: u32,
}

/// What was seen of one rule in the last readings.
#[derive(Debug, Default)]
struct Seen {
    /// A bit for each of the last 32 readings, the newest one being the least.
    found: u32,
    is_active: bool,
    signs: Option<Signs>,
}

/// The readings that are remembered.
const MAX_READINGS: u32 = u32::BITS;

// === impl Diagnoser ===

impl Diagnoser {
    /// Creates a diagnoser with these thresholds and this hold.
    ///
    /// # Errors
    /// If a threshold is not valid, `needed` is 0 or more than `of`, `clear` is 0, or one of them is over 32.
    pub fn new(thresholds: Thresholds, hold: Hold) -> Result<Self, ConfigError> {
        thresholds.validate()?;
        hold.validate()?;
        Ok(Self {
            thresholds,
            hold,
            previous: None,
            seen: rules::ALL.iter().map(|_| Seen::default()).collect(),
        })
    }

    /// Returns the diagnosis after one more reading.
    pub fn observe(&mut self, reading: Reading) -> Diagnosis {
        let previous = self.previous.take().unwrap_or_default();
        let mut results = evaluate(&previous, &reading, &self.thresholds);
        let diagnosis_load = load(&reading, &self.thresholds);
        for (seen, (kind, result)) in self.seen.iter_mut().zip(&mut results) {
            let found = std::mem::replace(result, RuleResult::Cleared);
            *result = seen.hold(kind, found, self.hold);
        }
        self.previous = Some(reading);
        Diagnosis::new(diagnosis_load, &results)
    }
}

impl Default for Diagnoser {
    fn default() -> Self {
        Self::new(Thresholds::default(), Hold::default()).expect("the defaults are valid")
    }
}

// === impl Seen ===

impl Seen {
    /// Returns the result over the last readings.
    fn hold(&mut self, kind: &FindingKind, result: RuleResult, hold: Hold) -> RuleResult {
        let is_found = matches!(result, RuleResult::Found(_));
        self.found = (self.found << 1) | u32::from(is_found);
        let needed = if kind.is_event() { 1 } else { hold.needed };
        let of_last = |readings: u32| (self.found & newest(readings)).count_ones();
        self.is_active = match self.is_active {
            true => of_last(hold.clear) > 0,
            false => of_last(hold.of) >= needed && is_found,
        };
        match result {
            RuleResult::Found(signs) => {
                self.signs = Some(signs.clone());
                match self.is_active {
                    true => RuleResult::Found(signs),
                    // Neither a finding nor cleared, until it is clear which.
                    false => RuleResult::Unknown,
                }
            }
            other => match self.signs.clone().filter(|_| self.is_active) {
                Some(signs) => RuleResult::Found(signs),
                None => other,
            },
        }
    }
}

/// Returns the bits of the newest readings.
const fn newest(readings: u32) -> u32 {
    match readings >= MAX_READINGS {
        true => u32::MAX,
        false => (1 << readings) - 1,
    }
}

// === impl Hold ===

impl Hold {
    /// Creates a hold: `needed` of the last `of` readings to begin, none of the last `clear` to end.
    pub const fn new(needed: u32, of: u32, clear: u32) -> Self {
        Self { needed, of, clear }
    }

    fn validate(self) -> Result<(), ConfigError> {
        let Self { needed, of, clear } = self;
        if needed == 0 || needed > of {
            return Err(ConfigError::new("hold.needed", "not from 1 to `of`"));
        }
        for (setting, readings) in [("hold.of", of), ("hold.clear", clear)] {
            if !(1..=MAX_READINGS).contains(&readings) {
                return Err(ConfigError::new(setting, "not from 1 to 32"));
            }
        }
        Ok(())
    }
}

impl Default for Hold {
    /// 3 of 5, and none of 3.
    fn default() -> Self {
        Self::new(3, 5, 3)
    }
}

// === impl FindingKind ===

impl FindingKind {
    /// Returns whether the kernel or a client library counts it only when it happens.
    fn is_event(&self) -> bool {
        let events = [
            "memory.out_of_memory",
            "network.no_ports",
            "network.accept_queue",
        ];
        self.stage == Stage::Errors && events.contains(&self.id)
    }
}
