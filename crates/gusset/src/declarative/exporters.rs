//! Exporters of all signals.

use std::time::Duration;

use gusset_core::ConfigError;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::Declared;
use super::node::Node;

/// Where a signal goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Exporter {
    Otlp,
    Console,
    Prometheus,
}

/// What the schema calls no limit, and the pipeline's longest time.
const NO_LIMIT: Duration = Duration::from_secs(365 * 24 * 3600);

// === impl Exporter ===

impl Exporter {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Otlp => "otlp",
            Self::Console => "console",
            Self::Prometheus => "prometheus",
        }
    }
}

impl Declared {
    /// Reads a push exporter of a signal (`TRACES`), or returns `None` if it is not supported. Only the first
    /// OTLP exporter of a signal is.
    pub(super) fn exporter(
        &mut self,
        signal: &str,
        exporter: &Node<'_>,
        has_otlp: bool,
    ) -> Result<Option<Exporter>, ConfigError> {
        let (kind, node) = exporter.one()?;
        let is_grpc = match &*kind {
            "console" => {
                self.console(&node)?;
                return Ok(Some(Exporter::Console));
            }
            "otlp_http" | "otlp_grpc" if has_otlp => {
                self.unsupported.push(node.path);
                return Ok(None);
            }
            "otlp_http" => false,
            "otlp_grpc" => true,
            _ => {
                self.unsupported.push(node.path);
                return Ok(None);
            }
        };
        self.otlp(signal, &node, is_grpc)?;
        Ok(Some(Exporter::Otlp))
    }

    fn console(&mut self, console: &Node<'_>) -> Result<(), ConfigError> {
        for (key, node) in console.entries()? {
            match &*key {
                "temporality_preference" | "default_histogram_aggregation" => {
                    self.unsupported(&node);
                }
                key => self.other(key, &node)?,
            }
        }
        Ok(())
    }

    fn otlp(&mut self, signal: &str, otlp: &Node<'_>, is_grpc: bool) -> Result<(), ConfigError> {
        let name = |suffix: &str| format!("OTEL_EXPORTER_OTLP_{signal}_{suffix}");
        let mut protocol = if is_grpc { "grpc" } else { "http/protobuf" };
        let (mut list, mut pairs) = (String::new(), Vec::new());
        for (key, node) in otlp.entries()? {
            match &*key {
                "endpoint" => self.set(&node, &name("ENDPOINT"), node.text()?),
                "tls" => self.tls(&node, &name, is_grpc)?,
                "headers" if !node.is_null() => {
                    for item in node.items()? {
                        pairs.extend(header(&item)?);
                    }
                }
                "headers" => {}
                "headers_list" => list = node.text()?.unwrap_or_default(),
                "compression" => {
                    self.set(&node, &name("COMPRESSION"), node.choice(&["gzip", "none"])?);
                }
                "timeout" => self.set(&node, &name("TIMEOUT"), node.integer()?.map(or_no_limit)),
                "encoding" if !is_grpc => {
                    if node.choice(&["protobuf", "json"])? == Some("json") {
                        protocol = "http/json";
                    }
                }
                "temporality_preference" if signal == "METRICS" => {
                    let preference = node.choice(&["cumulative", "delta", "low_memory"])?;
                    let preference = preference.map(|preference| preference.replace('_', ""));
                    self.set(&node, &name("TEMPORALITY_PREFERENCE"), preference);
                }
                "default_histogram_aggregation" if signal == "METRICS" => {
                    const CHOICES: [&str; 2] = [
                        "explicit_bucket_histogram",
                        "base2_exponential_bucket_histogram",
                    ];
                    let aggregation = node.choice(&CHOICES)?;
                    self.set(&node, &name("DEFAULT_HISTOGRAM_AGGREGATION"), aggregation);
                }
                key => self.other(key, &node)?,
            }
        }
        self.set(otlp, &name("PROTOCOL"), Some(protocol));
        // Later entries override those of the list.
        let list = Some(list).filter(|list| !list.is_empty());
        let headers: Vec<_> = list.into_iter().chain(pairs).collect();
        if !headers.is_empty() {
            self.set(otlp, &name("HEADERS"), Some(headers.join(",")));
        }
        Ok(())
    }

    fn tls(
        &mut self,
        tls: &Node<'_>,
        name: &dyn Fn(&str) -> String,
        is_grpc: bool,
    ) -> Result<(), ConfigError> {
        for (key, node) in tls.entries()? {
            match &*key {
                "ca_file" => self.set(&node, &name("CERTIFICATE"), node.text()?),
                "key_file" => self.set(&node, &name("CLIENT_KEY"), node.text()?),
                "cert_file" => self.set(&node, &name("CLIENT_CERTIFICATE"), node.text()?),
                "insecure" if is_grpc => self.set(&node, &name("INSECURE"), node.boolean()?),
                _ => return Err(node.unknown_key()),
            }
        }
        Ok(())
    }

    /// Reads an attribute limit of all signals or of one.
    pub(super) fn limits(&mut self, limits: &Node<'_>, prefix: &str) -> Result<(), ConfigError> {
        for (key, node) in limits.entries()? {
            let variable = match &*key {
                "attribute_value_length_limit" => format!("{prefix}_VALUE_LENGTH_LIMIT"),
                "attribute_count_limit" => format!("{prefix}_COUNT_LIMIT"),
                "event_count_limit" if prefix.contains("SPAN") => {
                    "OTEL_SPAN_EVENT_COUNT_LIMIT".to_owned()
                }
                "link_count_limit" if prefix.contains("SPAN") => {
                    "OTEL_SPAN_LINK_COUNT_LIMIT".to_owned()
                }
                "event_attribute_count_limit" if prefix.contains("SPAN") => {
                    "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT".to_owned()
                }
                "link_attribute_count_limit" if prefix.contains("SPAN") => {
                    node.integer()?;
                    self.unsupported(&node);
                    continue;
                }
                key => {
                    self.other(key, &node)?;
                    continue;
                }
            };
            self.set(&node, &variable, node.integer()?);
        }
        Ok(())
    }
}

/// Returns a time in milliseconds, of which 0 means no limit.
pub(super) fn or_no_limit(millis: u64) -> u128 {
    match millis {
        0 => NO_LIMIT.as_millis(),
        millis => millis.into(),
    }
}

/// Returns a header in the format of `OTEL_EXPORTER_OTLP_HEADERS`. One without a value is left out.
fn header(item: &Node<'_>) -> Result<Option<String>, ConfigError> {
    let (mut name, mut value) = (None, None);
    for (key, node) in item.entries()? {
        match &*key {
            "name" => name = node.text()?,
            "value" => value = node.text()?,
            _ => return Err(node.unknown_key()),
        }
    }
    let name = name.ok_or_else(|| item.error("the key `name` is missing"))?;
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    Ok(value.map(|value| format!("{}={}", encode(&name), encode(&value))))
}
