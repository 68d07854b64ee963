//! The log entry of the start: which signals are exported, and where.

use crate::Signal;
use crate::diagnostics::SdkLogLevel;
use crate::pending_log::PendingLog;
use crate::settings::{Settings, SignalExporters};

/// Logs one entry that states where each signal is exported, or why it is not.
pub(super) fn log_configuration(settings: &Settings, has_producer: bool, log: &PendingLog) {
    if settings.log_level < SdkLogLevel::Info {
        return;
    }
    if settings.disabled {
        log.info("nothing is exported: OTEL_SDK_DISABLED is true".to_owned());
        return;
    }
    let mut parts = Vec::new();
    let (mut unset, mut disabled) = (Vec::new(), Vec::new());
    for signal in Signal::ALL {
        let exporters = &settings.signals[signal.index()];
        if signal == Signal::Metrics && !has_producer && !exporters.is_empty() {
            parts.push("metrics are not exported: no metric producer is set".to_owned());
            continue;
        }
        if let Some(config) = &exporters.otlp {
            let (destination, protocol) = (config.destination(), config.protocol);
            parts.push(format!("exporting {signal} to {destination} ({protocol})"));
        }
        if exporters.console {
            parts.push(format!("exporting {signal} to the console"));
        }
        match exporters {
            SignalExporters {
                prometheus: true, ..
            } => {}
            _ if !exporters.is_empty() => {}
            SignalExporters { chosen: true, .. } => disabled.push(signal.as_str()),
            _ => unset.push(signal.as_str()),
        }
    }
    if !disabled.is_empty() {
        parts.push(format!(
            "{} are not exported: disabled by OTEL_*_EXPORTER",
            disabled.join(", ")
        ));
    }
    if !unset.is_empty() {
        parts.push(format!(
            "{} are not exported over OTLP: OTEL_EXPORTER_OTLP_ENDPOINT is not set",
            unset.join(", ")
        ));
    }
    log.info(parts.join("; "));
}
