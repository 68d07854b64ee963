//! The settings of the parts of a service.

#[cfg(any(feature = "serde", feature = "config-file"))]
use std::sync::Arc;
use std::time::Duration;

use gusset_admin::ManagementServerBuilder;
use gusset_health::HealthBuilder;
use gusset_http::RequestIdLayer;
#[cfg(feature = "profile")]
use gusset_profile::ProfileEndpointsBuilder;

#[cfg(feature = "system")]
use super::system::SystemParts;
use crate::InstrumentationBuilder;
use crate::kind::{ConfigureFn, GrpcClient, GrpcServer, HttpClient, HttpServer};

/// The settings of the parts.
pub(super) struct PartsBuilder {
    pub(super) health: ConfigureFn<HealthBuilder>,
    pub(super) management: ConfigureFn<ManagementServerBuilder>,
    #[cfg(feature = "profile")]
    pub(super) profile: ConfigureFn<ProfileEndpointsBuilder>,
    pub(super) http: ConfigureFn<InstrumentationBuilder<HttpServer>>,
    pub(super) http_client: ConfigureFn<InstrumentationBuilder<HttpClient>>,
    pub(super) grpc: ConfigureFn<InstrumentationBuilder<GrpcServer>>,
    pub(super) grpc_client: ConfigureFn<InstrumentationBuilder<GrpcClient>>,
    #[cfg(feature = "system-calls")]
    pub(super) calls: Option<ConfigureFn<gusset_system::CallMonitorBuilder>>,
    #[cfg(feature = "chaos")]
    pub(super) chaos: ConfigureFn<gusset_chaos::ChaosBuilder>,
    #[cfg(feature = "diagnose")]
    pub(super) diagnosis: Option<ConfigureFn<gusset_diagnose::WatcherBuilder>>,
    #[cfg(feature = "history")]
    pub(super) history: Option<ConfigureFn<gusset_history::HistoryBuilder>>,
    #[cfg(feature = "slo")]
    pub(super) service_levels: Option<gusset_slo::ServiceLevels>,
    #[cfg(feature = "ops")]
    pub(super) operations: Option<ConfigureFn<gusset_ops::OperationsBuilder>>,
    #[cfg(all(unix, feature = "incident"))]
    pub(super) incidents: super::incidents::IncidentSettings,
    #[cfg(all(unix, feature = "incident"))]
    pub(super) recorded: Option<super::incidents::Recorded>,
    pub(super) messaging_system: Option<String>,
    #[cfg(feature = "usage")]
    pub(super) usage: ConfigureFn<gusset_usage::UsageBuilder>,
    pub(super) has_health: bool,
    pub(super) has_management: bool,
    pub(super) controls_token: Option<String>,
    #[cfg(feature = "system")]
    pub(super) system: SystemParts,
    pub(super) request_id: Option<RequestIdLayer>,
    pub(super) flush_deadline: Option<Duration>,
    #[cfg(feature = "config-file")]
    pub(super) declared: Option<Arc<crate::declarative::Declared>>,
    #[cfg(feature = "serde")]
    pub(super) config: crate::config::EffectiveConfig,
    #[cfg(all(feature = "serde", feature = "breaker"))]
    pub(super) breakers: crate::config::Breakers,
}

// === impl PartsBuilder ===

impl PartsBuilder {
    pub(super) fn new() -> Self {
        Self {
            health: Box::new(|health| health),
            management: Box::new(|management| management),
            #[cfg(feature = "profile")]
            profile: Box::new(|profile| profile),
            http: Box::new(|http| http),
            http_client: Box::new(|client| client),
            grpc: Box::new(|grpc| grpc),
            grpc_client: Box::new(|client| client),
            #[cfg(feature = "system-calls")]
            calls: Some(Box::new(|calls| calls)),
            #[cfg(feature = "chaos")]
            chaos: Box::new(|chaos| chaos),
            #[cfg(feature = "diagnose")]
            diagnosis: Some(Box::new(|diagnosis| diagnosis)),
            #[cfg(feature = "history")]
            history: Some(Box::new(|history| history)),
            #[cfg(feature = "slo")]
            service_levels: None,
            #[cfg(feature = "ops")]
            operations: Some(Box::new(|page| page)),
            #[cfg(all(unix, feature = "incident"))]
            incidents: super::incidents::IncidentSettings::new(),
            #[cfg(all(unix, feature = "incident"))]
            recorded: None,
            #[cfg(feature = "usage")]
            usage: Box::new(|usage| usage),
            messaging_system: None,
            has_health: true,
            has_management: true,
            controls_token: None,
            #[cfg(feature = "system")]
            system: SystemParts::new(),
            request_id: Some(RequestIdLayer::new()),
            flush_deadline: None,
            #[cfg(feature = "config-file")]
            declared: None,
            #[cfg(feature = "serde")]
            config: crate::config::EffectiveConfig::default(),
            #[cfg(all(feature = "serde", feature = "breaker"))]
            breakers: crate::config::Breakers::default(),
        }
    }

    /// Adds the settings of a file below those of code.
    #[cfg(feature = "serde")]
    pub(super) fn settings(mut self, settings: &Arc<crate::config::Settings>) -> Self {
        let (of_file, code) = (settings.clone(), self.health);
        self.health = Box::new(move |health| code(of_file.health(health)));
        let (of_file, code) = (settings.clone(), self.management);
        self.management = Box::new(move |management| code(of_file.management(management)));
        let (of_file, code) = (settings.clone(), self.http);
        self.http = Box::new(move |http| code(of_file.server(http)));
        #[cfg(feature = "system")]
        {
            let (of_file, code) = (settings.clone(), self.system.configure);
            self.system.configure = Box::new(move |system| code(of_file.system(system)));
        }
        let (of_file, code) = (settings.clone(), self.grpc);
        self.grpc = Box::new(move |grpc| code(of_file.server(grpc)));
        self
    }
}
