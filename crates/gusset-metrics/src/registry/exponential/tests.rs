//! Exponential histograms, compared with a slow model.

use std::collections::BTreeMap;

use gusset_data::{BucketCounts, ExponentialBuckets};
use proptest::prelude::*;

use super::index::{MAX_SCALE, MIN_SCALE};
use super::*;

const SHARDS: usize = 4;

/// The buckets with values, by index.
type Counts = BTreeMap<i32, u64>;

/// All values at the greatest scale, and the rules by which they are shown.
#[derive(Default)]
struct Model {
    zero: u64,
    positive: Counts,
    negative: Counts,
}

impl Model {
    fn from_values(values: &[f64]) -> Self {
        let mut model = Self::default();
        for value in values {
            let magnitude = value.abs();
            if magnitude <= 2.0_f64.powi(-128) {
                model.zero += 1;
                continue;
            }
            let side = match *value > 0.0 {
                true => &mut model.positive,
                false => &mut model.negative,
            };
            // Which is compared with integers of any size beside its definition.
            *side.entry(bucket_index(magnitude)).or_default() += 1;
        }
        model
    }

    /// Returns the scale, and the counts of both signs.
    fn shown(&self, settings: ExponentialHistogram) -> (i32, Counts, Counts) {
        let mut scale = settings.max_scale;
        loop {
            let sides = [&self.positive, &self.negative].map(|side| at_scale(side, scale));
            let fits = |side: &Counts| match (side.first_key_value(), side.last_key_value()) {
                (Some((first, _)), Some((last, _))) => {
                    i64::from(last - first) < settings.max_buckets as i64
                }
                _ => true,
            };
            if sides.iter().all(fits) {
                let [positive, negative] = sides;
                return (scale, positive, negative);
            }
            scale -= 1;
        }
    }
}

fn at_scale(finest: &Counts, scale: i32) -> Counts {
    let mut counts = Counts::new();
    let divisor = 2_i32.pow((MAX_SCALE - scale) as u32);
    for (index, count) in finest {
        *counts.entry(index.div_euclid(divisor)).or_default() += count;
    }
    counts
}

fn not_zero(buckets: &BucketCounts) -> Counts {
    buckets.iter().filter(|(_, count)| *count > 0).collect()
}

fn settings() -> impl Strategy<Value = ExponentialHistogram> {
    let buckets = prop_oneof![2..6_usize, 2..200_usize, Just(160)];
    (buckets, MIN_SCALE..=MAX_SCALE).prop_map(|(buckets, scale)| {
        ExponentialHistogram::new()
            .max_buckets(buckets)
            .max_scale(scale)
    })
}

fn values() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        4 => 0.0001..10.0_f64,
        2 => prop::num::f64::NORMAL,
        1 => prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        1 => (-200..1023_i32).prop_map(|exponent| f64::from(exponent).exp2()),
        1 => -1.0..1.0_f64,
        1 => prop::sample::select(vec![f64::MAX, f64::MIN, f64::MIN_POSITIVE, -0.0]),
    ];
    prop::collection::vec(value, 0..60)
}

/// Records each value in one shard after the other.
fn recorded(settings: ExponentialHistogram, values: &[f64]) -> ExponentialValue {
    let value = ExponentialValue::new(settings, SHARDS);
    for (number, recorded) in values.iter().enumerate() {
        value.record(number % SHARDS, *recorded, 1);
    }
    value
}

proptest! {
    #[test]
    fn buckets_equal_the_model(settings in settings(), values in values()) {
        let value = recorded(settings, &values);
        let buckets = value.buckets();
        let model = Model::from_values(&values);
        let (scale, positive, negative) = model.shown(settings);
        prop_assert_eq!(buckets.scale, scale);
        prop_assert_eq!(buckets.zero_count, model.zero);
        prop_assert_eq!(not_zero(&buckets.positive), positive);
        prop_assert_eq!(not_zero(&buckets.negative), negative);
        prop_assert!(buckets.positive.counts.len() <= settings.max_buckets);
        prop_assert!(buckets.negative.counts.len() <= settings.max_buckets);
        prop_assert_eq!(buckets.count(), values.len() as u64);
        let least = values.iter().copied().reduce(f64::min);
        let greatest = values.iter().copied().reduce(f64::max);
        prop_assert_eq!((value.min(), value.max()), (least, greatest));
    }

    #[test]
    fn order_of_the_values_does_not_matter(settings in settings(), values in values()) {
        let reversed: Vec<_> = values.iter().rev().copied().collect();
        let (one, other) = (recorded(settings, &values), recorded(settings, &reversed));
        prop_assert_eq!(one.buckets(), other.buckets());
    }

    #[test]
    fn merged_histograms_equal_one_of_all_values(
        settings in settings(),
        first in values(),
        second in values(),
    ) {
        let mut merged = recorded(settings, &first).buckets();
        merged.merge(&recorded(settings, &second).buckets());
        let mut all = recorded(settings, &[first, second].concat()).buckets();
        // The merged one may need fewer buckets than its two parts have, and more than are allowed.
        merged.downscale_to(all.scale);
        all.downscale_to(merged.scale);
        prop_assert_eq!(merged, all);
    }

    #[test]
    fn counts_never_decrease(settings in settings(), values in values()) {
        let value = ExponentialValue::new(settings, SHARDS);
        let mut before = value.buckets();
        for (number, recorded) in values.into_iter().enumerate() {
            value.record(number % SHARDS, recorded, 2);
            let now = value.buckets();
            prop_assert!(now.scale <= before.scale);
            let added = now.since(&before).expect("no count decreases");
            prop_assert_eq!(added.count(), 2);
            before = now;
        }
    }

    #[test]
    fn estimate_is_within_the_stated_error(settings in settings(), value in 1e-30..1e30_f64) {
        let buckets = recorded(settings, &[value]).buckets();
        let base = (-f64::from(buckets.scale)).exp2().exp2();
        let [index] = not_zero(&buckets.positive).into_keys().collect::<Vec<_>>()[..] else {
            panic!("{buckets:?}")
        };
        // At the least scales a boundary may be beyond the greatest number, and the estimate is the other.
        let (lower, upper) = (base.powi(index), base.powi(index + 1));
        prop_assert!(lower <= value * (1.0 + 1e-9) && value <= upper * (1.0 + 1e-9));
        let estimate = 2.0 / (1.0 / lower + 1.0 / upper);
        if estimate.is_finite() && estimate > 0.0 {
            let error = (estimate - value).abs() / value;
            // The powers are rounded, too.
            prop_assert!(error <= ExponentialBuckets::relative_error(buckets.scale) + 1e-9, "{error}");
        }
    }
}

/// Returns the scale with the default settings.
fn scale_of(values: &[f64]) -> i32 {
    recorded(ExponentialHistogram::new(), values)
        .buckets()
        .scale
}

#[test]
fn documented_ranges_have_the_documented_scales() {
    for (ratio, scale) in [(1.5, 8), (30.0, 5), (900.0, 4), (9e5, 3), (9e11, 2)] {
        for least in [1e-9, 0.001, 1.0, 77.7] {
            assert_eq!(
                scale_of(&[least, least * ratio]),
                scale,
                "{ratio} from {least}"
            );
        }
    }
}

#[test]
fn whole_range_of_numbers_has_a_schema_of_prometheus() {
    assert_eq!(scale_of(&[2.0_f64.powi(-127), f64::MAX]), -3);
    assert_eq!(scale_of(&[f64::MIN, 5e-324, f64::MAX, 1.0]), -3);
}

#[test]
fn greater_scale_than_the_greatest_means_the_same() {
    let settings = ExponentialHistogram::new().max_scale(20).check();
    assert_eq!(settings, Ok(ExponentialHistogram::new()));
}

#[test]
fn settings_out_of_range_are_rejected() {
    let new = ExponentialHistogram::new;
    for buckets in [0, 1, 10_001] {
        let error = new().max_buckets(buckets).check().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{buckets} is not from 2 to 10000")
        );
    }
    for scale in [-11, 21] {
        let error = new().max_scale(scale).check().unwrap_err();
        assert_eq!(error.to_string(), format!("{scale} is not from -10 to 20"));
    }
    for (buckets, scale) in [(2, -10), (10_000, 20)] {
        assert!(new().max_buckets(buckets).max_scale(scale).check().is_ok());
    }
}

#[test]
fn concurrent_records_are_all_counted_at_every_scale() {
    const THREADS: usize = 4;
    // Each thread extends the range in both directions, so that all of them reduce the scale at once.
    let of_thread = |thread: usize| {
        (0..2_000_i32).map(move |step| {
            let exponent = f64::from(step % 120) * f64::from((thread as i32 % 2) * 2 - 1);
            let value = exponent.exp2() * (1.0 + f64::from(step) / 4_000.0);
            if step % 17 == 0 { -value } else { value }
        })
    };
    for _ in 0..20 {
        let settings = ExponentialHistogram::new().max_buckets(40);
        let value = ExponentialValue::new(settings, SHARDS);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let value = &value;
                // Two threads share a shard.
                scope.spawn(move || {
                    of_thread(thread).for_each(|it| value.record(thread / 2, it, 1));
                });
            }
            let mut before = value.buckets();
            while before.count() < 1_000 {
                let now = value.buckets();
                assert!(now.since(&before).is_some(), "{before:?}, then {now:?}");
                before = now;
            }
        });
        let all: Vec<_> = (0..THREADS).flat_map(of_thread).collect();
        let (scale, positive, negative) = Model::from_values(&all).shown(settings);
        let buckets = value.buckets();
        assert_eq!(buckets.scale, scale);
        assert_eq!(not_zero(&buckets.positive), positive);
        assert_eq!(not_zero(&buckets.negative), negative);
    }
}
