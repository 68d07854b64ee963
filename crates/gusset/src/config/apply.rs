//! Applies the settings of a file to the builders, below what code sets.

use gusset_admin::ManagementServerBuilder;
use gusset_core::{ConfigError, Env};
use gusset_health::HealthBuilder;
use gusset_http::{PathFilter, TrustedProxies};
use gusset_log::{Format, LogLayer, LogLayerBuilder};
use gusset_metrics::{ExponentialHistogram, Registry, RegistryBuilder, View};
use gusset_prometheus::PrometheusExporterBuilder;
use gusset_trace::TraceTrust;

use super::{
    Config, ExponentialHistogramConfig, HealthConfig, HttpConfig, LogsConfig, ManagementConfig,
    Trust, ViewConfig,
};
use crate::InstrumentationBuilder;
use crate::kind::{HttpKind, ServiceKind};

/// The settings of a file that no variable can express, checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) registry: RegistryBuilder,
    pub(crate) trust: Option<TraceTrust>,
    http: HttpConfig,
    trusted_proxies: Option<TrustedProxies>,
    health: HealthConfig,
    management: ManagementConfig,
    logs: LogsConfig,
    format: Option<Format>,
    has_suffixes: bool,
    #[cfg(feature = "system")]
    system: super::SystemConfig,
}

// === impl Settings ===

impl Settings {
    /// Checks the settings, so that errors name the path.
    pub(super) fn new(config: &Config, env: &Env<'_>) -> Result<Self, ConfigError> {
        let Config {
            http,
            health,
            management,
            logs,
            metrics,
            traces,
            ..
        } = config;
        let prefix = |prefix: &'static str| {
            move |error: ConfigError| {
                // The method of a view removes one label, the setting several.
                let setting = error.setting().replace(".remove_label", ".remove_labels");
                ConfigError::new(format!("{prefix}.{setting}"), error.reason())
            }
        };
        let mut registry = Registry::builder();
        if let Some(limit) = metrics.cardinality_limit {
            registry = registry.cardinality_limit(limit);
        }
        for (metric, config) in &metrics.views {
            registry = registry.view(view(metric, config));
        }
        // Not with the environment, so that only errors of the file are found.
        registry
            .clone()
            .build_with(|_| None)
            .map_err(prefix("metrics"))?;
        for (setting, filter) in [
            ("filter", &logs.filter),
            ("export_filter", &logs.export_filter),
        ] {
            if let Some(filter) = filter {
                let _valid = LogLayer::builder()
                    .filter(filter)
                    .map_err(|error| ConfigError::new(format!("logs.{setting}"), error.reason()))?;
            }
        }
        let trusted_proxies = match &http.trusted_proxies[..] {
            [] => None,
            ranges => Some(
                TrustedProxies::cidrs(ranges)
                    .map_err(|error| ConfigError::new("http.trusted_proxies", error))?,
            ),
        };
        let ratio = traces.sampler_ratio.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&ratio) {
            let reason = format!("{ratio} is not from 0 to 1");
            return Err(ConfigError::new("traces.sampler_ratio", reason));
        }
        Ok(Self {
            registry,
            trust: traces.trust.map(trust),
            http: http.clone(),
            trusted_proxies,
            health: health.clone(),
            management: management.clone(),
            #[cfg(feature = "system")]
            system: config.system.clone(),
            logs: logs.clone(),
            has_suffixes: metrics.prometheus_suffixes.unwrap_or(true),
            format: logs
                .format
                .and_then(|format| Format::named(format.as_str(), *env)),
        })
    }

    pub(crate) fn log(&self, mut log: LogLayerBuilder) -> LogLayerBuilder {
        const CHECKED: &str = "the filter was checked";
        if let Some(format) = &self.format {
            log = log.format(format.clone());
        }
        if let Some(filter) = &self.logs.filter {
            log = log.filter(filter).expect(CHECKED);
        }
        if let Some(filter) = &self.logs.export_filter {
            log = log.export_filter(filter).expect(CHECKED);
        }
        if let Some(bytes) = self.logs.max_line_bytes {
            log = log.max_line_bytes(bytes);
        }
        if let Some(bytes) = self.logs.max_value_bytes {
            log = log.max_value_bytes(bytes);
        }
        if let Some(bytes) = self.logs.max_queue_bytes {
            log = log.max_queue_bytes(bytes);
        }
        if let Some(entries) = self.logs.rate_limit {
            log = log.rate_limit(entries);
        }
        if self.logs.sampled_only {
            log = log.sampled_only();
        }
        match self.logs.source_location {
            true => log.source_location(),
            false => log,
        }
    }

    pub(crate) fn prometheus(
        &self,
        prometheus: PrometheusExporterBuilder,
    ) -> PrometheusExporterBuilder {
        match self.has_suffixes {
            true => prometheus,
            false => prometheus.without_suffixes(),
        }
    }

    #[cfg(feature = "system")]
    pub(crate) fn system(
        &self,
        mut system: gusset_system::SystemSamplerBuilder,
    ) -> gusset_system::SystemSamplerBuilder {
        if let Some(interval) = self.system.interval {
            system = system.interval(interval);
        }
        match self.system.classic_names {
            true => system.classic_names(),
            false => system,
        }
    }

    pub(crate) fn health(&self, mut health: HealthBuilder) -> HealthBuilder {
        let config = &self.health;
        if let Some(deadline) = config.live_deadline {
            health = health.live_deadline(deadline);
        }
        if config.start_when_ready {
            health = health.start_when_ready();
        }
        if let Some(deadline) = config.start_deadline {
            health = health.start_deadline(deadline);
        }
        if let Some(duration) = config.pre_stop_duration {
            health = health.pre_stop_duration(duration);
        }
        if let Some(delay) = config.drain_delay {
            health = health.drain_delay(delay);
        }
        if let Some(deadline) = config.in_flight_deadline {
            health = health.in_flight_deadline(deadline);
        }
        if let Some(grace) = config.termination_grace {
            health = health.termination_grace(grace);
        }
        if let Some(enabled) = config.handle_signals {
            health = health.handle_signals(enabled);
        }
        match &config.details_token {
            Some(token) => health.details_token(token.expose()),
            None => health,
        }
    }

    pub(crate) fn management(
        &self,
        mut management: ManagementServerBuilder,
    ) -> ManagementServerBuilder {
        if let Some(connections) = self.management.max_connections {
            management = management.max_connections(connections);
        }
        match self.management.max_connections_per_peer {
            Some(connections) => management.max_connections_per_peer(connections),
            None => management,
        }
    }

    pub(crate) fn server<K>(
        &self,
        mut server: InstrumentationBuilder<K>,
    ) -> InstrumentationBuilder<K>
    where
        K: ServiceKind<PathFilter = PathFilter> + HttpKind,
    {
        let config = &self.http;
        server = server.exclude_paths(config.exclude_paths.iter().map(String::as_str));
        if let Some(proxies) = &self.trusted_proxies {
            server = server.trusted_proxies(proxies.clone());
        }
        if let Some(are_hidden) = config.hide_paths {
            server = server.hide_paths(are_hidden);
        }
        if let Some(is_reported) = config.user_agent {
            server = server.user_agent(is_reported);
        }
        if let Some(are_reported) = config.exception_messages {
            server = server.exception_messages(are_reported);
        }
        match config.https {
            true => server.https(),
            false => server,
        }
    }
}

fn view(metric: &str, config: &ViewConfig) -> View {
    let mut view = View::new(metric);
    if config.drop {
        view = view.drop_metric();
    }
    if let Some(name) = &config.rename {
        view = view.rename(name);
    }
    if let Some(description) = &config.description {
        view = view.description(description);
    }
    for label in &config.remove_labels {
        view = view.remove_label(label);
    }
    if let Some(labels) = &config.keep_labels {
        view = view.keep_labels(labels);
    }
    if let Some(bounds) = &config.buckets {
        view = view.buckets(bounds);
    }
    if let Some(settings) = &config.exponential_histogram {
        view = view.exponential_histogram(exponential_histogram(settings));
    }
    match config.cardinality_limit {
        Some(limit) => view.cardinality_limit(limit),
        None => view,
    }
}

fn exponential_histogram(config: &ExponentialHistogramConfig) -> ExponentialHistogram {
    let ExponentialHistogramConfig {
        max_buckets,
        max_scale,
    } = config;
    let mut settings = ExponentialHistogram::new();
    if let Some(buckets) = max_buckets {
        settings = settings.max_buckets(*buckets);
    }
    match max_scale {
        Some(scale) => settings.max_scale(*scale),
        None => settings,
    }
}

fn trust(trust: Trust) -> TraceTrust {
    match trust {
        Trust::Continue => TraceTrust::Continue,
        Trust::OwnSampling => TraceTrust::OwnSampling,
        Trust::NewTrace => TraceTrust::NewTrace,
    }
}
