//! The time of a Prometheus scrape.

use criterion::{Criterion, criterion_group, criterion_main};
use gusset_benches::scrape;

fn scrapes(criterion: &mut Criterion) {
    for scenario in scrape::scenarios() {
        let mut work = scenario.warm_up();
        criterion.bench_function(scenario.name, |bencher| bencher.iter(&mut work));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = scrapes
}
criterion_main!(benches);
