//! The page and its data, on a management server.

mod description;
mod respond;
mod response;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use gusset_core::ConfigError;
use gusset_data::SharedStr;
use gusset_http::{EndpointBody, Mount, Reach, Routes};
use http::Response;

use crate::operations::Operations;
use crate::settings::Setting;
#[cfg(feature = "incident")]
use crate::streams::Signal;
use crate::tasks::Task;
use crate::{TARGET, sections};

/// The path of the page.
const PAGE: &str = "/ops";

type Answer = Pin<Box<dyn Future<Output = Response<EndpointBody>> + Send>>;

/// The endpoints of the page. Created by [`Operations::endpoints`].
///
/// | path | what |
/// |---|---|
/// | `/ops` | the page; as text for `Accept: text/plain`, and as JSON for `application/json` |
/// | `/ops/live` | the sections that have changed, every two seconds, as server-sent events |
/// | `/ops/api` | all sections as JSON |
/// | `/ops/api/NAME` | one section as JSON; calls and log records by filters of the query |
/// | `/ops/api/otlp/traces`, `/ops/api/otlp/logs` | calls and log records in OTLP's JSON; with `Accept: application/x-ndjson` a stream of lines |
/// | `/ops/incidents?id=ID&format=md` | an incident report, as `md` or `json` |
/// | `/ops/openapi.json` | what is served, as OpenAPI |
/// | `/ops/tasks/NAME?confirm=NAME` | runs a task, by `POST` |
/// | `/ops/settings/NAME?value=VALUE&seconds=60&confirm=NAME` | changes a setting for a time, by `POST`; `revert` instead of `value` reverts it |
///
/// On the network they are served only with a [token](crate::OperationsBuilder::token); without one they are left out, with
/// a log event at `WARN`. On the loopback interface without a token, requests that a browser may have sent for a
/// website are refused: those with an `Origin`, and those to a host name that is not `localhost`. What changes something
/// needs the token, a request of this origin, and the confirmation.
///
/// The streams need a Tokio runtime with its timers, which the management server has.
#[derive(Clone, Debug)]
pub struct Endpoints {
    operations: Operations,
}

/// What one path serves.
#[derive(Clone)]
enum Served {
    Page,
    Live,
    All,
    Section(SharedStr, SharedStr),
    #[cfg(feature = "incident")]
    Otlp(Signal),
    #[cfg(feature = "incident")]
    Report,
    Description,
    Task(Arc<Task>),
    Setting(Arc<Setting>),
}

#[derive(Clone)]
struct View {
    operations: Operations,
    served: Served,
}

impl Operations {
    /// Returns the endpoints for the management server.
    ///
    /// ```
    /// use gusset_http::{Mount, Reach, Routes};
    ///
    /// # fn main() -> Result<(), gusset_ops::ConfigError> {
    /// let operations = gusset_ops::Operations::builder("shop").build()?;
    /// let routes = operations.endpoints().mount(Routes::new(), Reach::Loopback)?;
    /// assert!(routes.paths().any(|path| path == "/ops"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn endpoints(&self) -> Endpoints {
        Endpoints {
            operations: self.clone(),
        }
    }
}

// === impl Endpoints ===

impl Mount for Endpoints {
    fn mount(&self, routes: Routes, reach: Reach) -> Result<Routes, ConfigError> {
        let shared = self.operations.shared();
        if reach != Reach::Loopback && shared.token.is_none() {
            tracing::warn!(target: TARGET, "the operations page needs a token on the network, and is left out");
            return Ok(routes);
        }
        let mut paths = served(&self.operations).into_iter();
        paths.try_fold(routes, |routes, (path, served)| {
            let operations = self.operations.clone();
            routes.route(path, View { operations, served })
        })
    }
}

/// Returns all paths with what they serve.
fn served(operations: &Operations) -> Vec<(String, Served)> {
    let shared = operations.shared();
    let below = |path: &str| format!("{PAGE}/{path}");
    let mut paths = vec![
        (PAGE.to_owned(), Served::Page),
        (below("live"), Served::Live),
        (below("api"), Served::All),
        (below("openapi.json"), Served::Description),
    ];
    for (id, title) in sections::heads(shared) {
        paths.push((below(&format!("api/{id}")), Served::Section(id, title)));
    }
    #[cfg(feature = "incident")]
    {
        if shared.recorder.is_some() {
            let of = |it: Signal| {
                (
                    below(&format!("api/otlp/{}", it.as_str())),
                    Served::Otlp(it),
                )
            };
            paths.extend(Signal::ALL.map(of));
        }
        if shared.has_incidents() {
            paths.push((below("incidents"), Served::Report));
        }
    }
    let tasks = shared.tasks.iter();
    paths.extend(tasks.map(|task| {
        let path = below(&format!("tasks/{}", task.name()));
        (path, Served::Task(task.clone()))
    }));
    let settings = shared.settings.iter();
    paths.extend(settings.map(|setting| {
        let path = below(&format!("settings/{}", setting.name()));
        (path, Served::Setting(setting.clone()))
    }));
    paths
}
