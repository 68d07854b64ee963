//! The tracer provider and the logger provider.

use gusset_core::ConfigError;

use super::Declared;
use super::exporters::or_no_limit;
use super::node::Node;

/// A sampler as `OTEL_TRACES_SAMPLER` names it, and its argument.
type Sampler = (&'static str, Option<f64>);

impl Declared {
    pub(super) fn tracer_provider(&mut self, provider: &Node<'_>) -> Result<(), ConfigError> {
        let mut has_processors = false;
        for (key, node) in provider.entries()? {
            match &*key {
                "processors" => {
                    self.processors(&node, "TRACES", "BSP")?;
                    has_processors = true;
                }
                "limits" => self.limits(&node, "OTEL_SPAN_ATTRIBUTE")?,
                "sampler" if !node.is_null() => {
                    if let Some((name, ratio)) = self.sampler(&node)? {
                        self.set(&node, "OTEL_TRACES_SAMPLER", Some(name));
                        self.set(&node, "OTEL_TRACES_SAMPLER_ARG", ratio);
                    }
                }
                "sampler" => {}
                key => self.other(key, &node)?,
            }
        }
        required(provider, "processors", has_processors)
    }

    pub(super) fn logger_provider(&mut self, provider: &Node<'_>) -> Result<(), ConfigError> {
        let mut has_processors = false;
        for (key, node) in provider.entries()? {
            match &*key {
                "processors" => {
                    self.processors(&node, "LOGS", "BLRP")?;
                    has_processors = true;
                }
                "limits" => self.limits(&node, "OTEL_LOGRECORD_ATTRIBUTE")?,
                key => self.other(key, &node)?,
            }
        }
        required(provider, "processors", has_processors)
    }

    fn processors(
        &mut self,
        processors: &Node<'_>,
        signal: &str,
        batch: &str,
    ) -> Result<(), ConfigError> {
        let mut exporters: Vec<&str> = Vec::new();
        for item in processors.items()? {
            let (kind, node) = item.one()?;
            let is_batch = match &*kind {
                "batch" => true,
                "simple" => false,
                _ => {
                    self.unsupported.push(node.path);
                    continue;
                }
            };
            let has_otlp = exporters.contains(&"otlp");
            let mut exporter = None;
            for (key, node) in node.entries()? {
                let name = |suffix: &str| format!("OTEL_{batch}_{suffix}");
                // Those of an exporter that is not supported have no effect.
                let mut set = |suffix: &str, value: Option<u128>| {
                    if !has_otlp {
                        self.set(&node, &name(suffix), value);
                    }
                };
                match &*key {
                    "exporter" => exporter = Some(node),
                    "schedule_delay" if is_batch => {
                        set("SCHEDULE_DELAY", node.integer()?.map(|it| it.max(1).into()));
                    }
                    "export_timeout" if is_batch => {
                        set("EXPORT_TIMEOUT", node.integer()?.map(or_no_limit));
                    }
                    "max_queue_size" if is_batch => {
                        set("MAX_QUEUE_SIZE", node.positive()?.map(Into::into));
                    }
                    "max_export_batch_size" if is_batch => {
                        set("MAX_EXPORT_BATCH_SIZE", node.positive()?.map(Into::into));
                    }
                    key => self.other(key, &node)?,
                }
            }
            let exporter = exporter.ok_or_else(|| node.error("the key `exporter` is missing"))?;
            let exporter = self.exporter(signal, &exporter, has_otlp)?;
            let exporter = exporter.map(super::exporters::Exporter::name);
            if !is_batch && exporter == Some("otlp") {
                // It is exported in batches.
                self.unsupported.push(node.path);
            }
            exporters.extend(exporter);
        }
        if !exporters.is_empty() {
            let exporters = Some(exporters.join(","));
            self.set(processors, &format!("OTEL_{signal}_EXPORTER"), exporters);
        }
        Ok(())
    }

    /// Reads a sampler, or returns `None` if it is not supported.
    fn sampler(&mut self, sampler: &Node<'_>) -> Result<Option<Sampler>, ConfigError> {
        let (kind, node) = sampler.one()?;
        let is_empty = || match node.entries()?.first() {
            Some((_, node)) => Err(node.unknown_key()),
            None => Ok(()),
        };
        Ok(match &*kind {
            "always_on" => {
                is_empty()?;
                Some(("always_on", None))
            }
            "always_off" => {
                is_empty()?;
                Some(("always_off", None))
            }
            "trace_id_ratio_based" | "probability/development" => {
                Some(("traceidratio", Some(ratio(&node)?)))
            }
            "parent_based" => self.parent_based(&node)?,
            _ => {
                self.unsupported.push(node.path);
                None
            }
        })
    }

    fn parent_based(&mut self, parent_based: &Node<'_>) -> Result<Option<Sampler>, ConfigError> {
        let mut root = Some(("always_on", None));
        for (key, node) in parent_based.entries()? {
            let default = match &*key {
                "root" if node.is_null() => continue,
                "root" => {
                    root = self.sampler(&node)?;
                    continue;
                }
                "remote_parent_sampled" | "local_parent_sampled" => "always_on",
                "remote_parent_not_sampled" | "local_parent_not_sampled" => "always_off",
                _ => return Err(node.unknown_key()),
            };
            if !node.is_null() && self.sampler(&node)? != Some((default, None)) {
                self.unsupported.push(node.path);
            }
        }
        Ok(root.map(|(root, ratio)| match root {
            "always_on" => ("parentbased_always_on", ratio),
            "always_off" => ("parentbased_always_off", ratio),
            "traceidratio" => ("parentbased_traceidratio", ratio),
            // A sampler that is based on the parent twice.
            nested => (nested, ratio),
        }))
    }
}

/// Returns an error if a key is missing.
pub(super) fn required(node: &Node<'_>, key: &str, is_there: bool) -> Result<(), ConfigError> {
    match is_there {
        true => Ok(()),
        false => Err(node.error(format_args!("the key `{key}` is missing"))),
    }
}

fn ratio(sampler: &Node<'_>) -> Result<f64, ConfigError> {
    let mut ratio = 1.0;
    for (key, node) in sampler.entries()? {
        if key != "ratio" {
            return Err(node.unknown_key());
        }
        ratio = node.number()?.unwrap_or(ratio);
        if !(0.0..=1.0).contains(&ratio) {
            return Err(node.error(format_args!("{ratio} is not from 0 to 1")));
        }
    }
    Ok(ratio)
}
