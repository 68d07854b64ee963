//! Settings have effect, below the environment and code.

use std::time::Duration;

use gusset::config::Source;
use gusset::metrics::{Registry, View};

use crate::{EVERY_KIND, build, env, toml};

const NAME: &str = "service_name = 'of-file'";

fn page(gusset: &gusset::Gusset) -> String {
    gusset.telemetry().prometheus().endpoint().render()
}

#[test]
fn environment_overrides_the_file() {
    let of_file = build(NAME, &[]).unwrap();
    assert!(page(&of_file).contains("service_name=\"of-file\""));
    for variable in [
        ("OTEL_SERVICE_NAME", "of-env"),
        ("OTEL_RESOURCE_ATTRIBUTES", "a=b,service.name=of-env"),
    ] {
        let of_env = build(NAME, &[variable]).unwrap();
        assert!(
            page(&of_env).contains("service_name=\"of-env\""),
            "{variable:?}"
        );
    }
}

#[test]
fn blank_variable_does_not_override_the_file() {
    let gusset = build(NAME, &[("OTEL_SERVICE_NAME", " ")]).unwrap();
    assert!(page(&gusset).contains("service_name=\"of-file\""));
}

#[test]
fn attributes_of_the_resource_are_exact() {
    let gusset = build(EVERY_KIND, &[]).unwrap();
    let page = page(&gusset);
    assert!(page.contains("service_name=\"shop \\\"x\\\"\""), "{page}");
    assert!(
        page.contains("deployment_environment_name=\"a,b=c%\""),
        "{page}"
    );
    assert!(page.contains("plain=\"größe\""), "{page}");
}

#[test]
fn code_overrides_the_file_in_any_order() {
    let file = "
        messaging_system = 'kafka'
        flush_deadline = '9s'
        [metrics.views.age]
        buckets = [1.0]
    ";
    let registry = || Registry::builder().view(View::new("age").buckets(&[7.0]));
    let before = gusset::builder()
        .config(toml(file))
        .telemetry(move |it| it.registry(registry()));
    let after = gusset::builder()
        .telemetry(move |it| it.registry(registry()))
        .config(toml(file));
    for builder in [before, after] {
        let gusset = builder
            .flush_deadline(Duration::from_secs(1))
            .without_health()
            .build_with(|_| None)
            .unwrap();
        metrics::with_local_recorder(&gusset.telemetry().registry(), || {
            metrics::histogram!("age").record(2.0);
        });
        assert!(page(&gusset).contains("age_bucket{le=\"7\"} 1"));
        let config = gusset.config();
        assert_eq!(config.config().flush_deadline, Some(Duration::from_secs(1)));
        assert_eq!(config.source("flush_deadline"), &Source::Code);
        assert_eq!(config.source("health.enabled"), &Source::Code);
        assert_eq!(config.source("messaging_system"), &Source::File);
        assert_eq!(config.source("service_name"), &Source::Default);
        assert!(
            config
                .to_toml()
                .contains("# Code configures this section too")
        );
    }
}

#[test]
fn views_show_on_the_page() {
    let file = "
        [metrics.views.orders]
        rename = 'shop.orders'
        remove_labels = ['tenant']
        [metrics.views.'cache.*']
        drop = true
    ";
    let gusset = build(file, &[]).unwrap();
    metrics::with_local_recorder(&gusset.telemetry().registry(), || {
        metrics::counter!("orders", "tenant" => "a").increment(1);
        metrics::counter!("orders", "tenant" => "b").increment(2);
        metrics::counter!("cache.hits").increment(2);
    });
    let page = page(&gusset);
    assert!(page.contains("\nshop_orders_total 3"), "{page}");
    assert!(!page.contains("cache_hits"), "{page}");
}

#[test]
fn parts_are_left_out() {
    let file = "
        [management]
        enabled = false
        [health]
        enabled = false
        [metrics]
        enabled = false
    ";
    let gusset = gusset::builder()
        .config(toml(file))
        .build_with(|_| None)
        .unwrap();
    assert_eq!(gusset.management_addr(), None);
    metrics::with_local_recorder(&gusset.telemetry().registry(), || {
        metrics::counter!("orders").increment(1);
    });
}

#[test]
fn log_filter_of_the_file_is_below_code_and_environment() {
    let file = "[logs]\nfilter = 'error'";
    let filter = |gusset: &gusset::Gusset| gusset.telemetry().log_filter_handle().filter();
    assert!(filter(&build(file, &[]).unwrap()).contains("error"));
    let of_env = build(file, &[("RUST_LOG", "debug")]).unwrap();
    assert!(filter(&of_env).contains("debug"));
    assert_eq!(
        of_env.config().source("logs.filter"),
        &Source::Environment("RUST_LOG".to_owned())
    );
    let of_code = gusset::builder()
        .config(toml(file))
        .log(|log| log.filter("trace").unwrap())
        .without_health()
        .build_with(|_| None)
        .unwrap();
    assert!(filter(&of_code).contains("trace"));
}

#[test]
fn log_is_written_to_the_file_that_is_set() {
    let name = format!("gusset-config-{}.log", std::process::id());
    let (path, other) = (
        std::env::temp_dir().join(&name),
        std::env::temp_dir().join(format!("other-{name}")),
    );
    let file = format!("[logs.file]\npath = '{}'\nmax_files = 2", path.display());
    let has_file = |gusset: &gusset::Gusset| gusset.telemetry().log_file_handle().is_some();
    assert!(has_file(&build(&file, &[]).unwrap()) && path.exists());
    let of_env = [("GUSSET_LOGS_FILE", other.to_str().unwrap())];
    let gusset = build(&file, &of_env).unwrap();
    gusset_testkit::with_subscriber(gusset.telemetry().dispatch().clone(), || {
        tracing::info!("hello");
    });
    assert!(gusset.flush(std::time::Duration::from_secs(30)));
    assert!(std::fs::read_to_string(&other).unwrap().contains("hello"));
    std::fs::remove_file(path).unwrap();
    std::fs::remove_file(other).unwrap();
}

#[test]
fn variable_of_all_signals_overrides_one_signal_of_the_file() {
    let config = toml("[otlp]\ntraces_endpoint = 'http://file/v1/traces'");
    let of_file = config.effective_with(|_| None);
    assert_eq!(of_file.source("otlp.traces_endpoint"), &Source::File);
    let of_env = config.effective_with(env(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://env")]));
    assert_eq!(of_env.config().otlp.traces_endpoint, None);
    assert_eq!(of_env.config().otlp.endpoint.as_deref(), Some("http://env"));
}

#[test]
fn invalid_variable_does_not_override_the_file() {
    let config = toml("[traces]\nsampler = 'always_off'");
    let effective = config.effective_with(env(&[("OTEL_TRACES_SAMPLER", "some")]));
    assert_eq!(effective.config(), &config);
}

#[test]
fn views_beside_a_recorder_of_the_service_are_warned_of() {
    for (file, is_warned) in [("[metrics.views.age]\nbuckets = [1.0]", true), ("", false)] {
        let output = gusset_testkit::SharedOutput::default();
        let out = output.clone();
        let recorder = std::sync::Arc::new(Registry::builder().build().unwrap());
        let gusset = gusset::builder()
            .config(toml(file))
            .recorder(recorder)
            .log(|log| log.writer(out))
            .without_health()
            .build_with(|_| None)
            .unwrap();
        assert!(gusset.flush(Duration::from_secs(30)));
        let is_logged = output.text().contains("views of metrics");
        assert_eq!(is_logged, is_warned, "{}", output.text());
    }
}

#[test]
fn exponential_histogram_is_set_for_a_metric() {
    let file = "
        [metrics.views.'job.*'.exponential_histogram]
        max_scale = 3
        [metrics.views.age]
        exponential_histogram = {}
    ";
    let gusset = build(file, &[]).unwrap();
    let registry = gusset.telemetry().registry();
    metrics::with_local_recorder(&registry, || {
        for name in ["job.duration", "age", "size"] {
            metrics::histogram!(name).record(2.0);
        }
    });
    let histograms = registry.histograms();
    let scale = |name: &str| {
        let family = histograms
            .iter()
            .find(|family| *family.name() == name)
            .unwrap();
        let series = family.series().next().unwrap();
        series
            .value()
            .exponential_buckets()
            .map(|buckets| buckets.scale)
    };
    assert_eq!(scale("job.duration"), Some(3));
    assert_eq!(scale("age"), Some(8));
    assert_eq!(scale("size"), None);
}
