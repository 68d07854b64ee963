//! The meter provider: readers and views.

use gusset_core::ConfigError;
use gusset_data::InstrumentKind;
use gusset_metrics::{ExponentialHistogram, Registry, View};

use super::Declared;
use super::exporters::{Exporter, or_no_limit};
use super::node::Node;
use super::providers::required;

const EXEMPLAR_FILTERS: [&str; 3] = ["always_on", "always_off", "trace_based"];

impl Declared {
    pub(super) fn meter_provider(&mut self, provider: &Node<'_>) -> Result<(), ConfigError> {
        let mut has_readers = false;
        for (key, node) in provider.entries()? {
            match &*key {
                "readers" => {
                    self.readers(&node)?;
                    has_readers = true;
                }
                "views" if !node.is_null() => {
                    for item in node.items()? {
                        self.view(&item)?;
                    }
                }
                "views" => {}
                "exemplar_filter" => {
                    let filter = node.choice(&EXEMPLAR_FILTERS)?;
                    self.set(&node, "OTEL_METRICS_EXEMPLAR_FILTER", filter);
                }
                key => self.other(key, &node)?,
            }
        }
        required(provider, "readers", has_readers)
    }

    fn readers(&mut self, readers: &Node<'_>) -> Result<(), ConfigError> {
        let mut exporters: Vec<Exporter> = Vec::new();
        for item in readers.items()? {
            let (kind, node) = item.one()?;
            let is_periodic = match &*kind {
                "periodic" => true,
                "pull" => false,
                _ => return Err(node.unknown_key()),
            };
            let mut exporter = None;
            for (key, node) in node.entries()? {
                match &*key {
                    "exporter" => exporter = Some(node),
                    "interval" if is_periodic => {
                        let interval = node.integer()?.map(|millis| millis.max(1));
                        self.set(&node, "OTEL_METRIC_EXPORT_INTERVAL", interval);
                    }
                    "timeout" if is_periodic => {
                        let timeout = node.integer()?.map(or_no_limit);
                        self.set(&node, "OTEL_METRIC_EXPORT_TIMEOUT", timeout);
                    }
                    "cardinality_limits" => self.cardinality_limits(&node)?,
                    "producers" => self.unsupported(&node),
                    key => self.other(key, &node)?,
                }
            }
            let exporter = exporter.ok_or_else(|| node.error("the key `exporter` is missing"))?;
            let exporter = match is_periodic {
                true => {
                    let has_otlp = exporters.contains(&Exporter::Otlp);
                    self.exporter("METRICS", &exporter, has_otlp)?
                }
                false => self.pull_exporter(&exporter)?,
            };
            exporters.extend(exporter);
        }
        if !exporters.is_empty() {
            let names: Vec<_> = exporters.into_iter().map(Exporter::name).collect();
            self.set(readers, "OTEL_METRICS_EXPORTER", Some(names.join(",")));
        }
        Ok(())
    }

    fn pull_exporter(&mut self, exporter: &Node<'_>) -> Result<Option<Exporter>, ConfigError> {
        let (kind, node) = exporter.one()?;
        if kind != "prometheus/development" && kind != "prometheus" {
            self.unsupported.push(node.path);
            return Ok(None);
        }
        for (key, node) in node.entries()? {
            match &*key {
                "host" => self.set(&node, "OTEL_EXPORTER_PROMETHEUS_HOST", node.text()?),
                "port" => self.set(&node, "OTEL_EXPORTER_PROMETHEUS_PORT", node.integer()?),
                "translation_strategy" => {
                    if node
                        .text()?
                        .is_some_and(|it| it != "UnderscoreEscapingWithSuffixes")
                    {
                        self.unsupported(&node);
                    }
                }
                // The exporter is experimental, so its other keys differ between versions.
                _ => self.unsupported(&node),
            }
        }
        Ok(Some(Exporter::Prometheus))
    }

    fn cardinality_limits(&mut self, limits: &Node<'_>) -> Result<(), ConfigError> {
        for (key, node) in limits.entries()? {
            let limit = node
                .positive()?
                .map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
            if key == "default" {
                if let Some(limit) = limit {
                    self.registry = self.registry.clone().cardinality_limit(limit);
                }
                continue;
            }
            let kind = kind(&key).ok_or_else(|| node.unknown_key())?;
            // Up-down counters and gauges are one kind here.
            if let Some(limit) = limit {
                let view = View::new("*").kind(kind).cardinality_limit(limit);
                self.registry = self.registry.clone().view(view);
            }
        }
        Ok(())
    }

    fn view(&mut self, view: &Node<'_>) -> Result<(), ConfigError> {
        let (mut selector, mut stream) = (None, None);
        for (key, node) in view.entries()? {
            match &*key {
                "selector" => selector = Some(node),
                "stream" => stream = Some(node),
                _ => return Err(node.unknown_key()),
            }
        }
        let selector = selector.ok_or_else(|| view.error("the key `selector` is missing"))?;
        let stream = stream.ok_or_else(|| view.error("the key `stream` is missing"))?;
        let selected = self.selector(&selector)?;
        let Some(selected) = selected else {
            return Ok(());
        };
        let changed = self.stream(selected, &stream)?;
        Registry::builder()
            .view(changed.clone())
            .build_with(|_| None)
            .map_err(|error| at(view, &error))?;
        self.registry = self.registry.clone().view(changed);
        Ok(())
    }

    /// Reads what a view selects, or returns `None` if it would select more than it states.
    fn selector(&mut self, selector: &Node<'_>) -> Result<Option<View>, ConfigError> {
        let (mut name, mut of_kind, mut is_supported) = ("*".to_owned(), None, true);
        for (key, node) in selector.entries()? {
            match &*key {
                "instrument_name" => name = node.text()?.unwrap_or(name),
                "instrument_type" => {
                    if let Some(text) = node.text()? {
                        let error =
                            || node.error(format_args!("`{text}` is not a type of instrument"));
                        of_kind = Some(kind(&text).ok_or_else(error)?);
                    }
                }
                "unit" | "meter_name" | "meter_version" | "meter_schema_url" => {
                    if node.text()?.is_some() {
                        self.unsupported(&node);
                        is_supported = false;
                    }
                }
                _ => return Err(node.unknown_key()),
            }
        }
        let view = View::new(name);
        let view = match of_kind {
            Some(kind) => view.kind(kind),
            None => view,
        };
        Ok(is_supported.then_some(view))
    }

    fn stream(&mut self, mut view: View, stream: &Node<'_>) -> Result<View, ConfigError> {
        for (key, node) in stream.entries()? {
            match &*key {
                "name" => {
                    if let Some(name) = node.text()? {
                        view = view.rename(name);
                    }
                }
                "description" => {
                    if let Some(description) = node.text()? {
                        view = view.description(description);
                    }
                }
                "aggregation" if !node.is_null() => view = self.aggregation(view, &node)?,
                "aggregation" => {}
                "aggregation_cardinality_limit" => {
                    if let Some(limit) = node.positive()? {
                        view = view.cardinality_limit(usize::try_from(limit).unwrap_or(usize::MAX));
                    }
                }
                "attribute_keys" => {
                    for (key, node) in node.entries()? {
                        match &*key {
                            "included" => view = view.keep_labels(texts(&node)?),
                            "excluded" => {
                                view = texts(&node)?.into_iter().fold(view, View::remove_label);
                            }
                            _ => return Err(node.unknown_key()),
                        }
                    }
                }
                _ => return Err(node.unknown_key()),
            }
        }
        Ok(view)
    }

    fn aggregation(&mut self, view: View, aggregation: &Node<'_>) -> Result<View, ConfigError> {
        let (kind, node) = aggregation.one()?;
        match &*kind {
            "default" => Ok(view),
            "drop" => Ok(view.drop_metric()),
            "explicit_bucket_histogram" => {
                let mut view = view;
                for (key, node) in node.entries()? {
                    match &*key {
                        "boundaries" if !node.is_null() => {
                            let bounds = node.items()?.into_iter().map(|item| {
                                item.number()?.ok_or_else(|| item.error("not a number"))
                            });
                            view = view.buckets(&bounds.collect::<Result<Vec<_>, _>>()?);
                        }
                        "boundaries" => {}
                        // Minimum and maximum are not recorded.
                        "record_min_max" => {
                            if node.boolean()? == Some(true) {
                                self.unsupported(&node);
                            }
                        }
                        _ => return Err(node.unknown_key()),
                    }
                }
                Ok(view)
            }
            "base2_exponential_bucket_histogram" => {
                let mut settings = ExponentialHistogram::new();
                for (key, node) in node.entries()? {
                    match &*key {
                        "max_size" => {
                            if let Some(buckets) = node.integer()? {
                                let buckets = usize::try_from(buckets).unwrap_or(usize::MAX);
                                settings = settings.max_buckets(buckets);
                            }
                        }
                        "max_scale" => {
                            if let Some(scale) = node.number()? {
                                if scale.fract() != 0.0 {
                                    return Err(node.error("not an integer"));
                                }
                                settings = settings.max_scale(scale as i32);
                            }
                        }
                        // Minimum and maximum are always recorded.
                        "record_min_max" => {
                            if node.boolean()? == Some(false) {
                                self.unsupported(&node);
                            }
                        }
                        _ => return Err(node.unknown_key()),
                    }
                }
                Ok(view.exponential_histogram(settings))
            }
            "last_value" | "sum" => {
                self.unsupported.push(node.path);
                Ok(view)
            }
            _ => Err(node.unknown_key()),
        }
    }
}

fn texts(list: &Node<'_>) -> Result<Vec<String>, ConfigError> {
    let texts = list.items()?.into_iter().map(|item| {
        let text = item.text()?;
        text.ok_or_else(|| item.error("not a text"))
    });
    texts.collect()
}

fn kind(instrument_type: &str) -> Option<InstrumentKind> {
    Some(match instrument_type {
        "counter" | "observable_counter" => InstrumentKind::Counter,
        "gauge" | "observable_gauge" => InstrumentKind::Gauge,
        "up_down_counter" | "observable_up_down_counter" => InstrumentKind::UpDownCounter,
        "histogram" => InstrumentKind::Histogram,
        _ => return None,
    })
}

/// Returns an error of the registry as one about the path in the file.
fn at(view: &Node<'_>, error: &ConfigError) -> ConfigError {
    let setting = error.setting().rsplit('.').next().unwrap_or_default();
    let key = match setting {
        "buckets" => "stream.aggregation.explicit_bucket_histogram.boundaries",
        "max_buckets" => "stream.aggregation.base2_exponential_bucket_histogram.max_size",
        "max_scale" => "stream.aggregation.base2_exponential_bucket_histogram.max_scale",
        "rename" => "stream.name",
        "remove_label" => "stream.attribute_keys.excluded",
        "keep_labels" => "stream.attribute_keys.included",
        _ => "selector.instrument_name",
    };
    ConfigError::new(format!("{}.{key}", view.path), error.reason())
}
