//! The sections of log, traces, metrics and export.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::values::{Secret, choices, duration, is_default, section};

section! {
    /// The log.
    LogsConfig {
        /// Whether there is a log. Defaults to `true`.
        enabled: Option<bool>,
        /// The format of the log. Defaults to `pretty` in a terminal, and else to `json`.
        #[schemars(extend("x-env" = "GUSSET_LOGS_FORMAT"))]
        format: Option<LogFormat>,
        /// Which entries are written, in the syntax of `RUST_LOG`: `warn,shop=debug`. Defaults to `info`.
        #[schemars(extend("x-env" = "RUST_LOG"))]
        filter: Option<String>,
        /// Which records are exported over OTLP, in the same syntax. Defaults to `filter`.
        #[schemars(extend("x-env" = "GUSSET_LOGS_FILTER"))]
        export_filter: Option<String>,
        /// The exporters of log records. Defaults to `otlp` if an endpoint is set, and else to none.
        #[schemars(extend("x-env" = "OTEL_LOGS_EXPORTER"))]
        exporters: Option<Vec<Exporter>>,
        /// The file that entries are written to. Defaults to standard output.
        file: LogFileConfig,
        /// The longest line that is written, in bytes, from 2 KiB to 1 MiB. Defaults to 16 KiB.
        max_line_bytes: Option<usize>,
        /// The bytes of a value in a line, at most. Defaults to 8 KiB.
        max_value_bytes: Option<usize>,
        /// The bytes of lines that wait for the writer, at most; later ones are dropped and counted. Defaults to
        /// 1 MiB.
        max_queue_bytes: Option<usize>,
        /// The entries of one place in the code in a second, at most. Defaults to no limit.
        rate_limit: Option<NonZeroU32>,
        /// Whether entries of calls that are not sampled are left out below `WARN`. Defaults to `false`.
        sampled_only: bool,
        /// Whether entries have file and line of the code. Defaults to `false`.
        source_location: bool,
        /// The attributes of an exported record, at most. Defaults to 128.
        #[schemars(extend("x-env" = "OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT"))]
        attribute_count_limit: Option<usize>,
        /// The characters of an attribute of an exported record, at most. Defaults to no limit.
        #[schemars(extend("x-env" = "OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT"))]
        attribute_value_length_limit: Option<usize>,
        /// How records are collected into batches.
        #[serde(rename = "batch")]
        batch: LogBatchConfig,
    }
}

section! {
    /// A log file. A path that cannot be opened is warned of, and standard output is used.
    LogFileConfig {
        /// The path. Defaults to none.
        #[schemars(extend("x-env" = "GUSSET_LOGS_FILE"))]
        path: Option<String>,
        /// The bytes of the file before it is rotated. Defaults to no limit, for logrotate.
        #[schemars(extend("x-env" = "GUSSET_LOGS_FILE_MAX_BYTES"))]
        max_bytes: Option<u64>,
        /// How many rotated files are kept, from 1 to 1000. Defaults to 5.
        #[schemars(extend("x-env" = "GUSSET_LOGS_FILE_MAX_FILES"))]
        max_files: Option<usize>,
        /// Whether the file is opened again on SIGHUP. Defaults to `false`.
        #[schemars(extend("x-env" = "GUSSET_LOGS_FILE_REOPEN_ON_SIGHUP"))]
        reopen_on_sighup: Option<bool>,
    }
}

section! {
    /// How log records are collected into batches.
    LogBatchConfig {
        /// The time between two exports. Defaults to 1 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_BLRP_SCHEDULE_DELAY"))]
        #[serde(with = "duration")]
        schedule_delay: Option<Duration>,
        /// The time for one export with its retries. Defaults to 30 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_BLRP_EXPORT_TIMEOUT"))]
        #[serde(with = "duration")]
        export_timeout: Option<Duration>,
        /// The records that wait, at most; later ones are dropped and counted. Defaults to 2048.
        #[schemars(extend("x-env" = "OTEL_BLRP_MAX_QUEUE_SIZE"))]
        max_queue_size: Option<usize>,
        /// The records of one export, at most. Defaults to 512.
        #[schemars(extend("x-env" = "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"))]
        max_export_batch_size: Option<usize>,
    }
}

section! {
    /// Traces.
    TracesConfig {
        /// Whether there are traces. Defaults to `true`.
        enabled: Option<bool>,
        /// The sampler. Defaults to `parentbased_always_on`.
        #[schemars(extend("x-env" = "OTEL_TRACES_SAMPLER"))]
        sampler: Option<SamplerName>,
        /// The ratio of `traceidratio` and `parentbased_traceidratio`, from 0 to 1. Defaults to 1.
        #[schemars(range(min = 0.0, max = 1.0), extend("x-env" = "OTEL_TRACES_SAMPLER_ARG"))]
        sampler_ratio: Option<f64>,
        /// Which spans of `tracing` are exported: `info,shop=debug`. Defaults to those of the service, and to
        /// `INFO` and above of its dependencies.
        #[schemars(extend("x-env" = "GUSSET_TRACES_FILTER"))]
        filter: Option<String>,
        /// What servers do with the trace context of requests that no trusted proxy sent. Defaults to
        /// `continue`.
        trust: Option<Trust>,
        /// The exporters of spans. Defaults to `otlp` if an endpoint is set, and else to none.
        #[schemars(extend("x-env" = "OTEL_TRACES_EXPORTER"))]
        exporters: Option<Vec<Exporter>>,
        /// The attributes of a span, at most. Defaults to 128.
        #[schemars(extend("x-env" = "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT"))]
        attribute_count_limit: Option<usize>,
        /// The characters of an attribute of a span, at most. Defaults to no limit.
        #[schemars(extend("x-env" = "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"))]
        attribute_value_length_limit: Option<usize>,
        /// The events of a span, at most. Defaults to 128.
        #[schemars(extend("x-env" = "OTEL_SPAN_EVENT_COUNT_LIMIT"))]
        event_count_limit: Option<usize>,
        /// The links of a span, at most. Defaults to 128.
        #[schemars(extend("x-env" = "OTEL_SPAN_LINK_COUNT_LIMIT"))]
        link_count_limit: Option<usize>,
        /// The attributes of an event of a span, at most. Defaults to 128.
        #[schemars(extend("x-env" = "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"))]
        event_attribute_count_limit: Option<usize>,
        /// How spans are collected into batches.
        batch: SpanBatchConfig,
    }
}

section! {
    /// How spans are collected into batches.
    SpanBatchConfig {
        /// The time between two exports. Defaults to 5 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_BSP_SCHEDULE_DELAY"))]
        #[serde(with = "duration")]
        schedule_delay: Option<Duration>,
        /// The time for one export with its retries. Defaults to 30 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_BSP_EXPORT_TIMEOUT"))]
        #[serde(with = "duration")]
        export_timeout: Option<Duration>,
        /// The spans that wait, at most; later ones are dropped and counted. Defaults to 2048.
        #[schemars(extend("x-env" = "OTEL_BSP_MAX_QUEUE_SIZE"))]
        max_queue_size: Option<usize>,
        /// The spans of one export, at most. Defaults to 512.
        #[schemars(extend("x-env" = "OTEL_BSP_MAX_EXPORT_BATCH_SIZE"))]
        max_export_batch_size: Option<usize>,
    }
}

section! {
    /// Metrics.
    MetricsConfig {
        /// Whether there are metrics. Defaults to `true`.
        enabled: Option<bool>,
        /// The exporters of metrics. Defaults to `otlp` if an endpoint is set; the management server has the
        /// scrape endpoint in any case.
        #[schemars(extend("x-env" = "OTEL_METRICS_EXPORTER"))]
        exporters: Option<Vec<MetricsExporter>>,
        /// The time between two exports. Defaults to 60 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_METRIC_EXPORT_INTERVAL"))]
        #[serde(with = "duration")]
        export_interval: Option<Duration>,
        /// The time for one export. Defaults to 30 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_METRIC_EXPORT_TIMEOUT"))]
        #[serde(with = "duration")]
        export_timeout: Option<Duration>,
        /// Whether exported values are totals or what was added since the last export. Defaults to
        /// `cumulative`.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"))]
        temporality: Option<Temporality>,
        /// Which values of histograms are kept as examples. Defaults to `trace_based`.
        #[schemars(extend("x-env" = "OTEL_METRICS_EXEMPLAR_FILTER"))]
        exemplar_filter: Option<ExemplarFilter>,
        /// Whether names on the scrape endpoint have their unit and `_total`. Defaults to `true`.
        prometheus_suffixes: Option<bool>,
        /// The series of a metric, at most. Defaults to 2000.
        cardinality_limit: Option<usize>,
        /// What is changed about metrics, by their names, in which `*` and `?` are wildcards. Defaults to
        /// nothing.
        views: BTreeMap<String, ViewConfig>,
    }
}

section! {
    /// What is changed about a metric.
    ViewConfig {
        /// Whether the metric is dropped. Defaults to `false`.
        drop: bool,
        /// The new name of the metric. Defaults to its own.
        rename: Option<String>,
        /// The new description of the metric. Defaults to its own.
        description: Option<String>,
        /// The labels that are removed; the series are added up. Defaults to none.
        remove_labels: Vec<String>,
        /// The labels that are kept, if all others are removed. Defaults to all.
        keep_labels: Option<Vec<String>>,
        /// The upper bounds of a histogram's buckets, ascending. Defaults to those of its unit.
        buckets: Option<Vec<f64>>,
        /// The settings of an exponential histogram, which Prometheus calls a native histogram; `{}` has their
        /// defaults. Defaults to none, and the metric is not one.
        exponential_histogram: Option<ExponentialHistogramConfig>,
        /// The series of the metric, at most. Defaults to `metrics.cardinality_limit`.
        cardinality_limit: Option<usize>,
    }
}

section! {
    /// An exponential histogram.
    ExponentialHistogramConfig {
        /// The buckets of positive values, and those of negative ones, at most: 2 to 10000. Defaults to 160.
        max_buckets: Option<usize>,
        /// The greatest scale, which determines the relative error: -10 to 20. Defaults to 8, the greatest that is
        /// used.
        max_scale: Option<i32>,
    }
}

section! {
    /// Export over OTLP.
    OtlpConfig {
        /// The URL of the receiver, for all signals. Defaults to none, and nothing is exported.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_ENDPOINT"))]
        endpoint: Option<String>,
        /// The protocol. Defaults to `http/protobuf`.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_PROTOCOL"))]
        protocol: Option<Protocol>,
        /// The headers of requests, which may be secret. Defaults to none.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_HEADERS", "x-secret" = true))]
        headers: BTreeMap<String, Secret>,
        /// The compression of requests. Defaults to `none`.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_COMPRESSION"))]
        compression: Option<Compression>,
        /// The time for one request. Defaults to 10 s.
        #[schemars(with = "Option<duration::Text>", extend("x-env" = "OTEL_EXPORTER_OTLP_TIMEOUT"))]
        #[serde(with = "duration")]
        timeout: Option<Duration>,
        /// The file with the certificates that are trusted (PEM). Defaults to those of the system.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_CERTIFICATE"))]
        certificate: Option<String>,
        /// The file with the client's key (PEM). Defaults to none.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_CLIENT_KEY"))]
        client_key: Option<String>,
        /// The file with the client's certificate (PEM). Defaults to none.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"))]
        client_certificate: Option<String>,
        /// The URL for traces, used as it is. Defaults to that of all signals.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"))]
        traces_endpoint: Option<String>,
        /// The URL for metrics, used as it is. Defaults to that of all signals.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"))]
        metrics_endpoint: Option<String>,
        /// The URL for log records, used as it is. Defaults to that of all signals.
        #[schemars(extend("x-env" = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"))]
        logs_endpoint: Option<String>,
    }
}

choices! {
    /// A format of the log.
    LogFormat {
        /// One JSON object for each entry.
        Json = "json",
        /// The Elastic Common Schema.
        Ecs = "ecs",
        /// JSON for Google Cloud.
        GoogleCloud = "google_cloud",
        /// JSON for Datadog.
        Datadog = "datadog",
        /// The Embedded Metric Format of AWS CloudWatch.
        Emf = "emf",
        /// Pairs of keys and values.
        Logfmt = "logfmt",
        /// The Common Log Format.
        Common = "common",
        /// The Combined Log Format.
        Combined = "combined",
        /// Lines for a terminal.
        Pretty = "pretty",
        /// Lines for a terminal, with everything.
        PrettyFull = "pretty_full",
    }
}

choices! {
    /// An exporter of log records or spans.
    Exporter {
        /// To an OTLP receiver.
        Otlp = "otlp",
        /// To standard output.
        Console = "console",
        /// Nowhere.
        None = "none",
    }
}

choices! {
    /// An exporter of metrics.
    MetricsExporter {
        /// To an OTLP receiver.
        Otlp = "otlp",
        /// On the scrape endpoint.
        Prometheus = "prometheus",
        /// To standard output.
        Console = "console",
        /// Nowhere.
        None = "none",
    }
}

choices! {
    /// A sampler of traces.
    SamplerName {
        /// All traces.
        AlwaysOn = "always_on",
        /// No trace.
        AlwaysOff = "always_off",
        /// A ratio of traces.
        TraceIdRatio = "traceidratio",
        /// As the caller decided, and else all.
        ParentBasedAlwaysOn = "parentbased_always_on",
        /// As the caller decided, and else none.
        ParentBasedAlwaysOff = "parentbased_always_off",
        /// As the caller decided, and else a ratio.
        ParentBasedTraceIdRatio = "parentbased_traceidratio",
    }
}

choices! {
    /// What servers do with a trace context that is not trusted.
    Trust {
        /// They continue the trace.
        Continue = "continue",
        /// They continue the trace, and decide themselves on sampling.
        OwnSampling = "own_sampling",
        /// They start a new trace.
        NewTrace = "new_trace",
    }
}

choices! {
    /// What exported values are.
    Temporality {
        /// Totals.
        Cumulative = "cumulative",
        /// What was added since the last export.
        Delta = "delta",
        /// As `delta`, with the least memory.
        LowMemory = "lowmemory",
    }
}

choices! {
    /// Which values are kept as examples.
    ExemplarFilter {
        /// Those of sampled traces.
        TraceBased = "trace_based",
        /// As `trace_based`, because an example needs a trace.
        AlwaysOn = "always_on",
        /// None.
        AlwaysOff = "always_off",
    }
}

choices! {
    /// A protocol of OTLP.
    Protocol {
        /// Protobuf over HTTP.
        HttpProtobuf = "http/protobuf",
        /// JSON over HTTP.
        HttpJson = "http/json",
        /// gRPC.
        Grpc = "grpc",
    }
}

choices! {
    /// A compression of requests.
    Compression {
        /// gzip.
        Gzip = "gzip",
        /// None.
        None = "none",
    }
}
