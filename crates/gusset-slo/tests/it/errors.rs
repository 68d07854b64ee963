//! Invalid settings are errors at build, with the name of the field.

use std::time::Duration;

use gusset_slo::{
    Aggregate, AlertSeverity, Catalogue, Mode, NormalRange, Objective, ServiceLevels, Subject,
};

fn objective() -> Objective {
    Objective::availability("orders", Subject::service())
}

fn latency(millis: u64) -> Objective {
    Objective::latency("orders", Subject::service(), Duration::from_millis(millis))
}

fn range() -> NormalRange {
    NormalRange::new("p99", "http.server.request.duration")
}

#[track_caller]
fn objective_error(objective: Objective) -> String {
    let levels = ServiceLevels::builder("shop").objective(objective).build();
    levels.unwrap_err().to_string()
}

#[track_caller]
fn range_error(range: NormalRange) -> String {
    let levels = ServiceLevels::builder("shop").range(range).build();
    levels.unwrap_err().to_string()
}

#[track_caller]
fn assert_names(error: &str, setting: &str, reason: &str) {
    assert!(error.starts_with(&format!("`{setting}`: ")), "{error}");
    assert!(error.contains(reason), "{error}");
}

#[test]
fn target_without_an_error_budget_is_rejected() {
    let error = objective_error(objective().target(1.0));
    assert_names(
        &error,
        "objectives.orders.target",
        "100 % leaves no error budget",
    );
}

#[test]
fn target_in_percent_is_rejected() {
    let error = objective_error(objective().target(99.9));
    assert_names(&error, "objectives.orders.target", "0.999 is 99.9 %");
}

#[test]
fn target_that_could_never_page_is_rejected() {
    for target in [0.8, 0.0, -1.0, f64::NAN] {
        let error = objective_error(objective().target(target));
        assert_names(&error, "objectives.orders.target", "no alert could page");
    }
    let levels = ServiceLevels::builder("shop").objective(objective().target(0.9));
    assert!(levels.build().is_ok());
}

#[test]
fn threshold_that_is_no_bucket_is_rejected() {
    let error = objective_error(latency(400));
    let setting = "objectives.orders.threshold";
    assert_names(
        &error,
        setting,
        "0.4 s is not a bucket boundary of http.server",
    );
    assert!(error.contains("0.25, 0.5"), "{error}");

    let added = ServiceLevels::builder("shop")
        .boundaries("http.server.request.duration", &[0.4])
        .objective(latency(400));
    assert!(added.build().is_ok());
}

#[test]
fn other_fields_of_objectives_are_checked() {
    let error = objective_error(objective().window_days(0));
    assert_names(&error, "objectives.orders.window_days", "from 1 to 90");
    let error = objective_error(objective().min_rate(0.0));
    assert_names(&error, "objectives.orders.min_rate", "positive");
    let error = objective_error(Objective::availability("Orders!", Subject::service()));
    assert_names(&error, "objectives.Orders!.name", "a-z");

    let twice = ServiceLevels::builder("shop")
        .objective(objective())
        .objective(objective());
    assert_names(
        &twice.build().unwrap_err().to_string(),
        "objectives.orders.name",
        "another",
    );
    let missing = ServiceLevels::builder("shop")
        .catalogue(Catalogue::new().without(["gusset.http.server.outcomes"]))
        .objective(objective());
    let error = missing.build().unwrap_err().to_string();
    assert_names(
        &error,
        "objectives.orders.subject",
        "gusset.http.server.outcomes",
    );
}

#[test]
fn fields_of_ranges_are_checked() {
    let mean = || range().high(1.0);
    for (range, field, reason) in [
        (range(), "high", "neither"),
        (mean().low(1.0), "high", "not above `low`, 1"),
        (range().high(f64::INFINITY), "high", "finite"),
        (range().low(f64::NAN), "low", "finite"),
        (mean().window(Duration::from_secs(1)), "window", "10 s"),
        (mean().window(Duration::from_secs(4000)), "window", "1 h"),
        (mean().hold(0, 6), "hold", "0 of 6"),
        (mean().hold(7, 6), "hold", "7 of 6"),
        (mean().clear(0), "clear", "1 to 360"),
        (mean().min_samples(0), "min_samples", "0"),
        (mean().mode(Mode::Adaptive), "mode", "declared"),
        (
            range().mode(Mode::Learned { evaluations: 3 }),
            "mode",
            "fewer than 10",
        ),
        (
            range()
                .mode(Mode::Adaptive)
                .severity(AlertSeverity::Critical),
            "severity",
            "at most",
        ),
        (
            mean().aggregate(Aggregate::Last),
            "aggregate",
            "not for a histogram",
        ),
        (
            mean().aggregate(Aggregate::Quantile(99.0)),
            "aggregate",
            "99",
        ),
        // A quantile is at most the greatest boundary, so 12 s would never be exceeded.
        (
            range().aggregate(Aggregate::Quantile(0.99)).high(12.0),
            "high",
            "boundaries",
        ),
        (
            range()
                .aggregate(Aggregate::Quantile(0.99))
                .low(0.001)
                .high(1.0),
            "low",
            "boundaries",
        ),
    ] {
        assert_names(&range_error(range), &format!("ranges.p99.{field}"), reason);
    }
    let unknown = NormalRange::new("lag", "kafka.lag").high(1.0);
    assert_names(&range_error(unknown), "ranges.lag.metric", "kafka.lag");
}

#[test]
fn settings_of_the_service_are_checked() {
    let error =
        |builder: gusset_slo::ServiceLevelsBuilder| builder.build().unwrap_err().to_string();
    let builder = || ServiceLevels::builder("shop");
    assert_names(&error(ServiceLevels::builder("My Shop")), "service", "a-z");
    assert_names(
        &error(builder().matcher("a-b", "x")),
        "matcher",
        "not a label",
    );
    assert_names(&error(builder().runbook_url("")), "runbook_url", "empty");
    let interval = builder().scrape_interval(Duration::ZERO);
    assert_names(&error(interval), "scrape_interval", "5 min");
    let unknown = builder().boundaries("x", &[1.0]);
    assert_names(&error(unknown), "boundaries.x", "no such metric");
    let infinite = builder().boundaries("http.server.request.duration", &[f64::NAN]);
    assert_names(
        &error(infinite),
        "boundaries.http.server.request.duration",
        "finite",
    );
}

#[test]
fn budgets_bring_their_boundaries() {
    let levels = ServiceLevels::builder("shop")
        .latency_budgets()
        .objective(Objective::local_latency("catalogue-latency", "/catalogue"))
        .build()
        .unwrap();
    let thresholds: Vec<_> = levels
        .objectives()
        .iter()
        .map(Objective::indicator)
        .collect();
    let millis = |millis| gusset_slo::Indicator::Latency(Duration::from_millis(millis));
    assert_eq!(thresholds, [millis(400), millis(800), millis(400)]);

    // The views make them boundaries of the registry.
    let mut registry = gusset_metrics::Registry::builder();
    for view in levels.views() {
        registry = registry.view(view);
    }
    let registry = registry.build().unwrap();
    metrics::with_local_recorder(&registry, || {
        metrics::histogram!("http.server.request.duration").record(0.3);
    });
    let [durations] = &registry.histograms()[..] else {
        panic!("not one histogram")
    };
    let bounds = durations
        .series()
        .next()
        .unwrap()
        .value()
        .boundaries()
        .upper_bounds()
        .clone();
    assert!(bounds.contains(&0.4) && bounds.contains(&0.8) && bounds.contains(&0.005));
}

#[test]
fn availability_of_a_histogram_is_rejected() {
    let subject = Subject::histogram(&gusset_metrics::names::HTTP_SERVER_DURATION);
    let error = objective_error(Objective::availability("orders", subject));
    assert_names(&error, "objectives.orders.subject", "have no outcomes");
}
