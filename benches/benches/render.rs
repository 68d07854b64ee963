//! The time of a scrape page.

use criterion::{Criterion, criterion_group, criterion_main};
use gusset_benches::page;

fn pages(criterion: &mut Criterion) {
    for scenario in page::scenarios() {
        let mut work = scenario.warm();
        criterion.bench_function(scenario.name, |bencher| bencher.iter(&mut work));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = pages
}
criterion_main!(benches);
