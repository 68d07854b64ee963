//! A parser for the Prometheus text format, as far as the report requires it.

/// Returns the sum of the samples of a metric that have all of these labels.
pub(crate) fn sum(metrics: &str, name: &str, labels: &[&str]) -> i64 {
    samples(metrics, name)
        .filter(|(all, _)| labels.iter().all(|label| all.contains(label)))
        .map(|(_, value)| value)
        .sum()
}

/// Returns the upper bound of the bucket that contains a quantile.
pub(crate) fn quantile(metrics: &str, histogram: &str, quantile: f64) -> f64 {
    let mut buckets: Vec<(f64, i64)> = Vec::new();
    for (labels, count) in samples(metrics, &format!("{histogram}_bucket")) {
        let bound = labels
            .split("le=\"")
            .nth(1)
            .and_then(|le| le.split('"').next());
        let bound = bound
            .and_then(|bound| bound.parse().ok())
            .unwrap_or(f64::INFINITY);
        match buckets.iter_mut().find(|(known, _)| *known == bound) {
            Some((_, sum)) => *sum += count,
            None => buckets.push((bound, count)),
        }
    }
    let total = buckets
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or_default();
    let rank = quantile * total as f64;
    let reaches_rank = |(bound, count): &(f64, i64)| (*count as f64 >= rank).then_some(*bound);
    buckets.iter().find_map(reaches_rank).unwrap_or_default()
}

/// Returns the samples of one metric: the labels, not parsed, and the value.
fn samples<'a>(metrics: &'a str, name: &str) -> impl Iterator<Item = (&'a str, i64)> {
    metrics.lines().filter_map(move |line| {
        let (labels, value) = line.strip_prefix(name)?.rsplit_once(' ')?;
        let is_whole_name = labels.is_empty() || labels.starts_with('{');
        Some((labels, value.parse().ok()?)).filter(|_| is_whole_name)
    })
}
