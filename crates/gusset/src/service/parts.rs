//! Builds what a service consists of, besides telemetry.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use gusset_admin::ManagementServer;
use gusset_core::{Clock, ConfigError, Env};
use gusset_http::BearerToken;
use gusset_metrics::{HttpMetricsBuilder, RpcMetricsBuilder};

use super::check::Facts;
use super::controls::Controls;
use super::layer::ServerObservers;
use super::parts_builder::PartsBuilder;
use super::probes::Probes;
use super::scope::Scope;
use super::{CallLayer, Error, Inner, ServerLayer};
use crate::Telemetry;
use crate::telemetry::Signals;

const PORT_VARIABLE: &str = "OTEL_EXPORTER_PROMETHEUS_PORT";
/// Kubernetes sets this variable in every container.
const KUBERNETES_VARIABLE: &str = "KUBERNETES_SERVICE_HOST";
const DEFAULT_FLUSH_DEADLINE: Duration = Duration::from_secs(5);
/// The system of messages if none is set.
const OTHER_SYSTEM: &str = "_OTHER";

// === impl PartsBuilder ===

impl PartsBuilder {
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
