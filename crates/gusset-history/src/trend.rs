//! The straight line through a series.

use std::time::{Duration, Instant};

/// The straight line that fits a series best, by least squares.
///
/// ```
/// use std::time::Duration;
/// use gusset_history::Trend;
///
/// let start = gusset_core::Clock::system().now();
/// let points = (0..60).map(|i| (start + Duration::from_secs(10 * i), 100.0 + 2.0 * i as f64));
/// let trend = Trend::fit(points).expect("three points");
/// assert!((trend.per_second() - 0.2).abs() < 1e-9);
/// assert!((trend.r_squared() - 1.0).abs() < 1e-9);
/// // 218 at the end, so 82 more at 0.2 a second.
/// assert_eq!(trend.time_to(300.0).expect("it grows").as_secs(), 410);
/// // A limit that was passed on the way up.
/// assert_eq!(trend.time_to(50.0), Some(Duration::ZERO));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    per_second: f64,
    at_end: f64,
    r_squared: f64,
    points: usize,
    covered: Duration,
}

/// Sums of squares and products around the means of times, in seconds, and values.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments {
    pub(crate) tt: f64,
    pub(crate) tv: f64,
    pub(crate) vv: f64,
}

// === impl Trend ===

impl Trend {
    /// Fits a line to points in the order of their times, or returns `None` for less than three.
    pub fn fit(points: impl IntoIterator<Item = (Instant, f64)>) -> Option<Self> {
        let points: Vec<_> = points.into_iter().collect();
        let (first, last) = (points.first()?.0, points.last()?.0);
        let covered = last.saturating_duration_since(first);
        if points.len() < 3 || covered.is_zero() {
            return None;
        }
        let times = || points.iter().map(|(at, _)| seconds(first, *at));
        let values = || points.iter().map(|(_, value)| *value);
        let (mean_time, mean_value) = (mean(times()), mean(values()));
        let moments = Moments::new(times().zip(values()), mean_time, mean_value);
        let per_second = moments.tv / moments.tt;
        Some(Self {
            per_second,
            at_end: mean_value + per_second * (covered.as_secs_f64() - mean_time),
            r_squared: moments.r_squared(),
            points: points.len(),
            covered,
        })
    }

    /// Returns the slope: by how much the value grows in a second, on average.
    pub fn per_second(&self) -> f64 {
        self.per_second
    }

    /// Returns the value of the line at the last point.
    pub fn at_end(&self) -> f64 {
        self.at_end
    }

    /// Returns the coefficient of determination, from 0 to 1: which part of the variance the line explains. 1 if all
    /// values are equal.
    pub fn r_squared(&self) -> f64 {
        self.r_squared
    }

    /// Returns the number of points.
    pub fn points(&self) -> usize {
        self.points
    }

    /// Returns the time between the first and the last point.
    pub fn covered(&self) -> Duration {
        self.covered
    }

    /// Returns the time from the last point until the line reaches a limit. Zero if it is beyond the limit already,
    /// and `None` if it does not lead there.
    pub fn time_to(&self, limit: f64) -> Option<Duration> {
        time_to(self.at_end, self.per_second, limit)
    }
}

// === impl Moments ===

impl Moments {
    pub(crate) fn new(
        points: impl Iterator<Item = (f64, f64)>,
        mean_time: f64,
        mean_value: f64,
    ) -> Self {
        let mut moments = Self::default();
        for (time, value) in points {
            let (t, v) = (time - mean_time, value - mean_value);
            moments.tt += t * t;
            moments.tv += t * v;
            moments.vv += v * v;
        }
        moments
    }

    /// Returns the square of the correlation; 1 if the values do not vary.
    pub(crate) fn r_squared(&self) -> f64 {
        match self.vv > 0.0 && self.tt > 0.0 {
            true => (self.tv * self.tv / (self.tt * self.vv)).clamp(0.0, 1.0),
            false => 1.0,
        }
    }
}

/// Returns the time until a value that grows evenly reaches a limit.
pub(crate) fn time_to(value: f64, per_second: f64, limit: f64) -> Option<Duration> {
    let missing = limit - value;
    // A falling value reaches a limit below it.
    if per_second == 0.0 || missing * per_second < 0.0 {
        let is_beyond = per_second > 0.0 && missing <= 0.0;
        return is_beyond.then_some(Duration::ZERO);
    }
    Duration::try_from_secs_f64(missing / per_second).ok()
}

pub(crate) fn seconds(from: Instant, to: Instant) -> f64 {
    to.saturating_duration_since(from).as_secs_f64()
}

pub(crate) fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (count, sum) = values.fold((0_u32, 0.0), |(count, sum), value| (count + 1, sum + value));
    sum / f64::from(count.max(1))
}
