//! Builds what a service consists of, besides telemetry.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use gusset_admin::{ManagementServer, ManagementServerBuilder};
use gusset_core::{Clock, ConfigError, Env};
use gusset_health::HealthBuilder;
use gusset_http::{BearerToken, RequestIdLayer};
use gusset_metrics::{HttpMetricsBuilder, RpcMetricsBuilder};
#[cfg(feature = "profile")]
use gusset_profile::ProfileEndpointsBuilder;

use super::check::Facts;
use super::controls::Controls;
use super::layer::ServerObservers;
use super::probes::Probes;
use super::scope::Scope;
#[cfg(feature = "system")]
use super::system::SystemParts;
use super::{CallLayer, Error, Inner, ServerLayer};
use crate::kind::{ConfigureFn, GrpcClient, GrpcServer, HttpClient, HttpServer};
use crate::telemetry::Signals;
use crate::{InstrumentationBuilder, Telemetry};

const PORT_VARIABLE: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
/// Kubernetes sets this variable in every container.
const KUBERNETES_VARIABLE: &str = "KUBERNETES_SERVICE_HOST";
const DEFAULT_FLUSH_DEADLINE: Duration = Duration::from_secs(5);
/// The system of messages if none is set.
const OTHER_SYSTEM: &str = "_OTHER";

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

    pub(super) fn build(
        self,
        telemetry: Telemetry,
        signals: Signals,
        env: Env<'_>,
        scope: Scope,
    ) -> Result<Inner, Error> {
        #[cfg(feature = "profile")]
        let profiles = (self.profile)(super::profiles::build(self.controls_token.as_deref()));
        let controls_token = self.controls_token;
        let controls_token = controls_token.map(|token| BearerToken::new("controls_token", token));
        let controls_token = controls_token.transpose()?.map(Arc::new);
        let flush_deadline = self.flush_deadline.unwrap_or(DEFAULT_FLUSH_DEADLINE);
        let clock = Clock::system();
        let flush_started = Arc::new(OnceLock::new());
        #[cfg(feature = "jobs")]
        let jobs = super::jobs::JobSettings::new(&telemetry);
        let configure = self.health;
        #[cfg(feature = "jobs")]
        let configure = jobs.add_check(configure);
        let health = super::life::build_health(
            configure,
            &telemetry,
            flush_deadline,
            clock.clone(),
            flush_started.clone(),
            env,
        )?;
        // A service with a recorder decides where the metrics of its handlers go.
        let has_registry = signals.metrics && telemetry.metrics.is_registry();
        // Without a global recorder, the metrics of handlers are recorded by the layer.
        let is_local = scope.is_local() && has_registry;
        let mut http = telemetry.http();
        let mut grpc = telemetry.grpc();
        if is_local {
            http = http.metrics(HttpMetricsBuilder::with_local_recorder);
            grpc = grpc.metrics(RpcMetricsBuilder::with_local_recorder);
        }
        #[cfg(feature = "system-calls")]
        let calls = self
            .calls
            .filter(|_| signals.metrics && self.system.is_on)
            .map(|configure| Arc::new(configure(gusset_system::CallMonitor::builder()).build()));
        #[cfg(feature = "usage")]
        let usage = super::usage::build(self.usage, &telemetry, has_registry)?;
        let http = (self.http)(http).build_parts(env)?;
        let observers = ServerObservers {
            in_flight: health.in_flight(),
            #[cfg(all(unix, feature = "incident"))]
            recorder: self.recorded.as_ref().map(|it| it.recorder.clone()),
            #[cfg(feature = "system-calls")]
            calls: calls.clone(),
            #[cfg(feature = "usage")]
            usage: (scope != Scope::Disabled).then(|| usage.observer()),
        };
        let http = http.observe_server(&observers);
        let grpc = (self.grpc)(grpc).build_parts(env)?;
        let grpc = grpc.observe_server(&observers);
        let http_client = (self.http_client)(telemetry.http_client()).build_parts(env)?;
        #[cfg(feature = "breaker")]
        let error_statuses = http_client.error_statuses;
        let grpc_client = (self.grpc_client)(telemetry.grpc_client()).build_parts(env)?;
        #[cfg(feature = "slo")]
        let monitor = self
            .service_levels
            .as_ref()
            .map(|levels| levels.monitor(telemetry.recorder()));
        let observed_operations = telemetry.operations().build_parts(env)?;
        #[cfg(feature = "jobs")]
        let jobs = super::jobs::JobParts::new(jobs, &telemetry, &health, scope.is_local(), env)?;
        #[cfg(feature = "chaos")]
        let chaos = {
            let builder = gusset_chaos::Chaos::builder().metrics(telemetry.recorder());
            #[cfg(feature = "slo")]
            let builder = match &monitor {
                Some(monitor) => builder.steady_state(monitor.clone()),
                None => builder,
            };
            (self.chaos)(builder).build_in(env)?
        };

        let pools = super::observed_operations::pools(&telemetry, has_registry);
        #[cfg(feature = "system")]
        let super::system::SystemReadings {
            sampler: system,
            lag,
        } = match signals.metrics {
            true => self.system.start(
                &telemetry,
                // Health needs the timers of the runtime too.
                self.has_health,
                #[cfg(feature = "system-calls")]
                calls.as_ref(),
            )?,
            false => super::system::SystemReadings::default(),
        };

        // After everything that can be invalid: signals and the port are seen from outside.
        let runtime = match self.has_health {
            true => Some(health.start()?),
            false => None,
        };
        #[cfg(feature = "history")]
        let readers = |sampler: gusset_history::SamplerBuilder, _history: &_| {
            #[cfg(feature = "slo")]
            if let Some(monitor) = &monitor {
                return sampler.after_reading(monitor.evaluator(Clone::clone(_history)));
            }
            sampler
        };
        #[cfg(feature = "history")]
        let history = match self.history.filter(|_| has_registry) {
            Some(configure) => Some(super::history::HistoryParts::start(
                configure,
                &telemetry,
                telemetry.recorder(),
                readers,
            )?),
            None => None,
        };
        #[cfg(feature = "diagnose")]
        let diagnosis = match (self.diagnosis, &system, &history) {
            (Some(configure), Some(system), Some(history)) => {
                let history = &history.history;
                let latest = super::diagnosis::start(configure, &telemetry, system, history)?;
                Some(latest)
            }
            _ => None,
        };
        #[cfg(feature = "breaker")]
        let breakers = super::breakers::Breakers::default();
        let has_management = self.has_management && (self.has_health || signals.metrics);
        #[cfg(feature = "ops")]
        let operations = {
            let shown = super::operations::Shown {
                health: self.has_health.then_some(&health),
                #[cfg(feature = "breaker")]
                breakers: &breakers,
                history: history.as_ref().map(|parts| &parts.history),
                #[cfg(feature = "diagnose")]
                diagnosis: diagnosis.as_ref(),
                #[cfg(feature = "slo")]
                monitor: monitor.as_ref(),
                #[cfg(feature = "chaos")]
                chaos: &chaos,
                #[cfg(feature = "system")]
                system: system.as_ref(),
                #[cfg(feature = "serde")]
                config: &self.config,
                #[cfg(all(unix, feature = "incident"))]
                recorded: self.recorded.as_ref(),
                has_log: signals.log,
                #[cfg(feature = "slo")]
                has_rules: self.service_levels.is_some(),
                #[cfg(not(feature = "slo"))]
                has_rules: false,
                #[cfg(feature = "usage")]
                usage: &usage,
            };
            let configure = self.operations.filter(|_| has_management);
            let page = configure.map(|it| shown.page(it, &telemetry, controls_token.clone()));
            page.transpose()?
        };
        let mut management = None;
        if has_management {
            let mut builder = ManagementServer::builder().recorder(telemetry.recorder());
            let is_port_set = || env.var(PORT_VARIABLE).is_ok_and(|port| port.is_some());
            if match scope {
                Scope::Local => !is_port_set(),
                Scope::LocalBesideGlobal => true,
                Scope::Global | Scope::Disabled => false,
            } {
                builder = builder.port(0);
            }
            if has_registry {
                builder = builder.mount(telemetry.prometheus().endpoint());
            }
            if self.has_health {
                builder = builder.mount(Probes(health.clone()));
            }
            #[cfg(feature = "chaos")]
            if let Some(token) = controls_token.clone() {
                let control = gusset_chaos::control::ChaosControl::new(chaos.clone(), token);
                builder = builder.mount(control);
            }
            #[cfg(feature = "slo")]
            if let Some(levels) = &self.service_levels {
                builder = builder.mount(levels.endpoints());
            }
            #[cfg(feature = "ops")]
            if let Some(page) = &operations {
                builder = builder.mount(page.endpoints());
            }
            #[cfg(all(unix, feature = "incident"))]
            if let Some(recorded) = &self.recorded {
                builder = builder.mount(recorded.endpoints(controls_token.clone()));
            }
            builder = builder.mount(Controls {
                filter: signals.log.then(|| telemetry.log_filter_handle().clone()),
                sampler: signals.traces.then(|| telemetry.sampler().clone()),
                token: controls_token,
            });
            #[cfg(feature = "profile")]
            {
                builder = builder.mount(profiles.build()?);
            }
            let server = (self.management)(builder).start_in(env);
            management = Some(server.map_err(ConfigError::from)?);
        }
        let dispatch = scope.is_local().then(|| telemetry.dispatch().clone());
        let server = |request_id| {
            (
                dispatch.clone(),
                health.connection_drain_layer(),
                request_id,
            )
        };
        let facts = Facts {
            service_name: telemetry.service_name(),
            in_kubernetes: env
                .var(KUBERNETES_VARIABLE)
                .is_ok_and(|host| host.is_some()),
            goes_nowhere: telemetry.not_exported(management.is_some()),
            receivers: telemetry.receivers(),
        };
        Ok(Inner {
            facts,
            http: ServerLayer::new(http, server(self.request_id.clone())),
            grpc: ServerLayer::new(grpc, server(self.request_id)),
            http_client: CallLayer::new(http_client, dispatch.clone()),
            grpc_client: CallLayer::new(grpc_client, dispatch.clone()),
            observed_operations: CallLayer::new(observed_operations, dispatch.clone()),
            pools,
            messaging_system: self
                .messaging_system
                .unwrap_or_else(|| OTHER_SYSTEM.to_owned()),
            #[cfg(feature = "breaker")]
            error_statuses,
            #[cfg(feature = "breaker")]
            breakers,
            #[cfg(feature = "serde")]
            config: self.config,
            #[cfg(all(feature = "serde", feature = "breaker"))]
            breaker_configs: self.breakers,
            flush_deadline,
            clock,
            flush_started,
            dispatch,
            #[cfg(feature = "chaos")]
            chaos,
            health,
            #[cfg(feature = "jobs")]
            jobs,
            #[cfg(feature = "system")]
            system,
            #[cfg(feature = "system")]
            _lag: lag,
            #[cfg(feature = "system-calls")]
            calls,
            #[cfg(feature = "usage")]
            usage,
            runtime,
            #[cfg(feature = "diagnose")]
            diagnosis,
            #[cfg(feature = "history")]
            history,
            #[cfg(feature = "slo")]
            monitor,
            #[cfg(feature = "ops")]
            operations,
            management_addr: management.as_ref().map(ManagementServer::local_addr),
            management: Mutex::new(management),
            #[cfg(all(unix, feature = "incident"))]
            incidents: self.recorded.map(|it| it.running).unwrap_or_default(),
            telemetry,
        })
    }
}
