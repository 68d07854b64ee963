//! The time of a call, without a layer and with each layer.

use criterion::{Criterion, criterion_group, criterion_main};
use gusset_benches::{Scenario, axum, svc};

fn svc(criterion: &mut Criterion) {
    run(criterion, &svc::scenarios());
}

fn axum(criterion: &mut Criterion) {
    run(criterion, &axum::scenarios());
}

fn run(criterion: &mut Criterion, scenarios: &[Scenario]) {
    for scenario in scenarios {
        let mut work = scenario.warm_up();
        criterion.bench_function(scenario.name, |bencher| bencher.iter(&mut work));
    }
}

criterion_group!(benches, svc, axum);
criterion_main!(benches);
