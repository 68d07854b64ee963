//! Growth that ends at a limit: leaks.

use std::time::{Duration, Instant};

use gusset_data::InstrumentKind;

use crate::trend::{Moments, Trend, mean, seconds, time_to};
use crate::{ConfigError, Selection};

/// When growth is decay. See [`Selection::decay`].
///
/// ```
/// use std::time::Duration;
/// use gusset_history::DecayRules;
///
/// let rules = DecayRules::new().min_covered(Duration::from_secs(3600)).validate()?;
/// # Ok::<(), gusset_history::ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "the rules do nothing until they are passed to `Selection::decay`"]
pub struct DecayRules {
    min_covered: Duration,
    min_r_squared: f64,
    horizon: Duration,
}

/// Growth that reaches a limit if nothing changes. Returned by [`Selection::decay`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Decay {
    /// The growth since the last restart, without what follows the traffic.
    pub trend: Trend,
    /// The time until the limit.
    pub time_to_limit: Duration,
}

/// The part of the range by which a value has to fall between two readings to count as a restart.
const RESTART_FALL: f64 = 0.5;
/// The part of the slope that has to remain in the last third: a cache that has filled up does not grow any more.
const CONTINUING_SLOPE: f64 = 0.6;
/// The part of the slope that has to remain without what follows the traffic.
const OWN_SLOPE: f64 = 0.5;
/// By how much more than the traffic a series has to grow if both grow evenly, relative to their means.
const MIN_GROWTH_TO_LOAD: f64 = 2.0;
/// The square of the correlation of traffic and time above which their effects cannot be separated.
const COLLINEAR_R_SQUARED: f64 = 0.95;
/// The readings over which traffic is averaged, because memory does not follow single requests.
const TRAFFIC_READINGS: usize = 6;

// === impl DecayRules ===

impl DecayRules {
    /// Returns the default rules: at least 45 minutes since the last restart, R² of at least 0.8, and at most 24 hours
    /// to the limit.
    ///
    /// R² is this project's choice. The hours are those of node-mixin's rule for file systems
    /// (`predict_linear(…, 24*60*60)`).
    pub const fn new() -> Self {
        Self {
            min_covered: Duration::from_secs(45 * 60),
            min_r_squared: 0.8,
            horizon: Duration::from_secs(24 * 3600),
        }
    }

    /// Sets the least time since the last restart. A shorter one leads to earlier and less certain results.
    pub const fn min_covered(mut self, least: Duration) -> Self {
        self.min_covered = least;
        self
    }

    /// Sets the least R², from 0 to 1.
    pub const fn min_r_squared(mut self, least: f64) -> Self {
        self.min_r_squared = least;
        self
    }

    /// Sets the greatest time to the limit.
    pub const fn horizon(mut self, greatest: Duration) -> Self {
        self.horizon = greatest;
        self
    }

    /// Returns the least time since the last restart.
    pub const fn least_covered(&self) -> Duration {
        self.min_covered
    }

    /// Returns the rules, if they are valid.
    ///
    /// # Errors
    /// If R² is not from 0 to 1, or a time is zero.
    pub fn validate(self) -> Result<Self, ConfigError> {
        if !(0.0..=1.0).contains(&self.min_r_squared) {
            return Err(ConfigError::new("min_r_squared", "not from 0 to 1"));
        }
        for (setting, time) in [("min_covered", self.min_covered), ("horizon", self.horizon)] {
            if time.is_zero() {
                return Err(ConfigError::new(setting, "zero"));
            }
        }
        Ok(self)
    }
}

impl Default for DecayRules {
    fn default() -> Self {
        Self::new()
    }
}

// === impl Selection ===

impl Selection {
    /// Returns the growth towards a limit above, if it is steady and does not follow the traffic.
    ///
    /// The values are the sums of the series: memory, descriptors, tasks, used bytes of a disk. It is not decay if
    ///
    /// - the series restarted, or fell by half of its range, less than
    ///   [`min_covered`](DecayRules::min_covered) ago,
    /// - a straight line does not explain it ([`min_r_squared`](DecayRules::min_r_squared)),
    /// - it has slowed down: in the last third the slope is less than 0.6 of that of the whole,
    /// - it follows `traffic`, a counter or histogram by its rate or another series by its value, both of the same
    ///   history and window. What follows it is removed by a regression on time and traffic; half of the slope and a
    ///   straight line have to remain. Traffic that grows as evenly as the series explains it, unless the series grows
    ///   twice as much, or
    /// - the limit is further away than the [`horizon`](DecayRules::horizon).
    ///
    /// ```
    /// # use gusset_history::{DecayRules, Selection};
    /// # fn f(memory: &Selection, requests: &Selection) {
    /// if let Some(decay) = memory.decay(512e6, Some(requests), &DecayRules::new()) {
    ///     println!("the limit is reached in {} h", decay.time_to_limit.as_secs() / 3600);
    /// }
    /// # }
    /// ```
    pub fn decay(&self, limit: f64, traffic: Option<&Self>, rules: &DecayRules) -> Option<Decay> {
        let points = self.since_restart();
        let all = Trend::fit(points.iter().copied())?;
        let points = match traffic {
            Some(traffic) => without_load(&points, &traffic.load_at(&points))?,
            None => points,
        };
        let trend = Trend::fit(points.iter().copied())?;
        let last_third = Trend::fit(points[2 * points.len() / 3..].iter().copied())?;
        let slope = trend.per_second();
        let is_steady = trend.covered() >= rules.min_covered
            && slope > 0.0
            && slope >= OWN_SLOPE * all.per_second()
            && trend.r_squared() >= rules.min_r_squared
            && last_third.per_second() >= CONTINUING_SLOPE * slope;
        if !is_steady {
            return None;
        }
        let time_to_limit = time_to(all.at_end().max(trend.at_end()), slope, limit)?;
        (time_to_limit <= rules.horizon).then_some(Decay {
            trend,
            time_to_limit,
        })
    }

    /// Returns the sums of the values since the last restart.
    fn since_restart(&self) -> Vec<(Instant, f64)> {
        let values = self.values().into_iter();
        let values: Vec<_> = values
            .filter_map(|(at, value)| Some((at, value?)))
            .collect();
        let (min, max) = (self.min().unwrap_or(0.0), self.max().unwrap_or(0.0));
        let fall = RESTART_FALL * (max - min);
        let is_fall = |pair: &[(Instant, f64)]| fall > 0.0 && pair[0].1 - pair[1].1 >= fall;
        let fell = values.windows(2).rposition(is_fall).map_or(0, |at| at + 1);
        let restarted = self.last_restart();
        let restarted = restarted.and_then(|time| values.iter().position(|(at, _)| *at >= time));
        values[fell.max(restarted.unwrap_or(0))..].to_vec()
    }

    /// Returns the traffic at the times of these points: the mean of the last minute at a usual interval.
    fn load_at(&self, points: &[(Instant, f64)]) -> Vec<Option<f64>> {
        let load = match self.kind() {
            InstrumentKind::Counter | InstrumentKind::Histogram => self.rates(),
            _ => self.values(),
        };
        let at_point = |(at, _): &(Instant, f64)| {
            let end = load.iter().take_while(|(time, _)| time <= at).count();
            let recent = load[..end].iter().rev().take(TRAFFIC_READINGS);
            let recent: Vec<_> = recent.filter_map(|(_, load)| *load).collect();
            (!recent.is_empty()).then(|| mean(recent.into_iter()))
        };
        points.iter().map(at_point).collect()
    }
}

/// Returns the points without what follows the traffic, or `None` if the traffic explains the growth.
///
/// The fit is `value = a + b * time + c * load`. What is returned is `value - c * load`, at the mean load.
fn without_load(points: &[(Instant, f64)], load: &[Option<f64>]) -> Option<Vec<(Instant, f64)>> {
    let first = points.first()?.0;
    let known = points.iter().zip(load);
    let known = known.filter_map(|(point, load)| Some((*point, (*load)?)));
    let known: Vec<_> = known.collect();
    if known.len() < 3 {
        return Some(points.to_vec());
    }
    let time = |at: &Instant| seconds(first, *at);
    let mean_time = mean(known.iter().map(|((at, _), _)| time(at)));
    let mean_value = mean(known.iter().map(|((_, value), _)| *value));
    let mean_load = mean(known.iter().map(|(_, load)| *load));
    let of_value = known.iter().map(|((at, value), _)| (time(at), *value));
    let of_value = Moments::new(of_value, mean_time, mean_value);
    let of_load = known.iter().map(|((at, _), load)| (time(at), *load));
    let of_load = Moments::new(of_load, mean_time, mean_load);
    let both = known.iter().map(|((_, value), load)| (*load, *value));
    let both = Moments::new(both, mean_load, mean_value);
    if of_load.vv <= f64::EPSILON * mean_load * mean_load {
        return Some(points.to_vec());
    }
    if of_load.r_squared() > COLLINEAR_R_SQUARED {
        let growth = of_value.tv / mean_value.abs();
        let load_growth = of_load.tv / mean_load.abs();
        return (growth > MIN_GROWTH_TO_LOAD * load_growth).then(|| points.to_vec());
    }
    let determinant = of_load.tt * of_load.vv - of_load.tv * of_load.tv;
    let per_load = (both.tv * of_load.tt - of_value.tv * of_load.tv) / determinant;
    let rest = known.iter();
    let rest = rest.map(|((at, value), load)| (*at, value - per_load * (load - mean_load)));
    Some(rest.collect())
}
