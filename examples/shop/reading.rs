//! Reading a page: as much of the format as a comparison needs.

/// The samples of a metric, added up, whose labels have all of these parts.
pub(crate) fn sum(page: &str, metric: &str, parts: &[&str]) -> i64 {
    samples(page, metric)
        .filter(|(labels, _)| parts.iter().all(|part| labels.contains(part)))
        .map(|(_, value)| value)
        .sum()
}

/// The end of the bucket that holds a quantile.
pub(crate) fn quantile(page: &str, histogram: &str, quantile: f64) -> f64 {
    let mut buckets: Vec<(f64, i64)> = Vec::new();
    for (labels, count) in samples(page, &format!("{histogram}_bucket")) {
        let end = labels
            .split("le=\"")
            .nth(1)
            .and_then(|le| le.split('"').next());
        let end = end
            .and_then(|end| end.parse().ok())
            .unwrap_or(f64::INFINITY);
        match buckets.iter_mut().find(|(known, _)| *known == end) {
            Some((_, sum)) => *sum += count,
            None => buckets.push((end, count)),
        }
    }
    let all = buckets
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or_default();
    let rank = quantile * all as f64;
    let holds = |(end, count): &(f64, i64)| (*count as f64 >= rank).then_some(*end);
    buckets.iter().find_map(holds).unwrap_or_default()
}

/// The samples of one metric: labels as they stand on the page, and the value.
fn samples<'a>(page: &'a str, metric: &str) -> impl Iterator<Item = (&'a str, i64)> {
    page.lines().filter_map(move |line| {
        let (labels, value) = line.strip_prefix(metric)?.rsplit_once(' ')?;
        let labels_only = labels.is_empty() || labels.starts_with('{');
        Some((labels, value.parse().ok()?)).filter(|_| labels_only)
    })
}
