//! The metrics of all crates whose features are on.

use gusset_slo::Catalogue;

/// Returns the metrics of all crates whose features are on, for the rules and dashboards of a service.
///
/// Remove those that the service does not record, and add its own. The names of Prometheus's client libraries, which are
/// an option of the readings of the system, are in `gusset::system::names::CLASSIC`.
///
/// ```
/// let catalogue = gusset::catalogue().without(["rpc.", "gusset.rpc.", "gusset.throttle."]);
/// let levels = gusset::slo::ServiceLevels::builder("shop").catalogue(catalogue).build()?;
/// # Ok::<(), gusset::ConfigError>(())
/// ```
pub fn catalogue() -> Catalogue {
    let catalogue = Catalogue::new().with(gusset_history::names::ALL.iter().copied());
    #[cfg(feature = "admin")]
    let catalogue = catalogue.with(gusset_admin::names::ALL.iter().copied());
    #[cfg(feature = "breaker")]
    let catalogue = catalogue.with(gusset_breaker::names::ALL.iter().map(|metric| **metric));
    #[cfg(feature = "browser")]
    let catalogue = catalogue.with(gusset_browser::names::ALL.iter().copied());
    #[cfg(feature = "chaos")]
    let catalogue = catalogue.with(gusset_chaos::names::ALL.iter().copied());
    #[cfg(feature = "client")]
    let catalogue = catalogue.with(gusset_client::names::ALL.iter().copied());
    #[cfg(feature = "diagnose")]
    let catalogue = catalogue.with(gusset_diagnose::names::ALL.iter().copied());
    #[cfg(feature = "health")]
    let catalogue = catalogue.with(gusset_health::names::ALL.iter().copied());
    #[cfg(all(unix, feature = "incident"))]
    let catalogue = catalogue.with(gusset_incident::names::ALL.iter().copied());
    let catalogue = catalogue.with(gusset_metrics::names::POOLS.iter().copied());
    let catalogue = catalogue.with(gusset_metrics::names::RPC_MESSAGES.iter().copied());
    #[cfg(feature = "jobs")]
    let catalogue = catalogue.with(gusset_jobs::names::ALL.iter().copied());
    #[cfg(feature = "messaging")]
    let catalogue = catalogue.with(gusset_messaging::names::ALL.iter().copied());
    #[cfg(feature = "usage")]
    let catalogue = catalogue.with(gusset_usage::names::ALL.iter().copied());
    #[cfg(feature = "log")]
    let catalogue = catalogue.with(gusset_log::names::ALL.iter().copied());
    #[cfg(feature = "system")]
    let catalogue = catalogue
        .with(gusset_system::names::ALL.iter().copied())
        .with(gusset_system::names::CLASSIC.iter().copied());
    #[cfg(feature = "otlp")]
    let catalogue = catalogue.with(gusset_otlp::names::ALL.iter().copied());
    catalogue
}
