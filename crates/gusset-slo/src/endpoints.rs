//! The generated files, on a management server.

use std::future::{Ready, ready};

use bytes::Bytes;
use gusset_core::ConfigError;
use gusset_http::{Endpoint, Mount, Reach, RequestHead, Routes};
use http::header::{ALLOW, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Method, Response, StatusCode};
use http_body_util::Full;

use crate::ServiceLevels;

/// The folder of the files.
const PREFIX: &str = "/slo";

/// Serves the files of [`ServiceLevels::files`] under `/slo/`: `/slo/rules.yaml`, and a list of them at `/slo`.
///
/// They show no more than the metrics endpoint beside them: names, bounds and labels that the service set. The
/// texts are made once. Created by [`ServiceLevels::endpoints`].
#[derive(Debug)]
pub struct Endpoints {
    files: Vec<(String, File)>,
}

/// An endpoint with one file.
#[derive(Clone, Debug)]
struct File {
    content: Bytes,
    content_type: &'static str,
}

impl ServiceLevels {
    /// Returns the endpoints of the generated files, for the management server.
    ///
    /// ```
    /// use gusset_http::{Mount, Reach, Routes};
    ///
    /// # fn main() -> Result<(), gusset_slo::ConfigError> {
    /// let levels = gusset_slo::ServiceLevels::builder("shop").build()?;
    /// let routes = levels.endpoints().mount(Routes::new(), Reach::Loopback)?;
    /// assert!(routes.paths().any(|path| path == "/slo/rules.yaml"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn endpoints(&self) -> Endpoints {
        let mut files: Vec<_> = self
            .files()
            .into_iter()
            .map(|file| {
                let endpoint = File {
                    content: Bytes::copy_from_slice(file.content().as_bytes()),
                    content_type: file.content_type(),
                };
                (format!("{PREFIX}/{}", file.name()), endpoint)
            })
            .collect();
        let list: String = files.iter().map(|(path, _)| format!("{path}\n")).collect();
        let list = File {
            content: list.into(),
            content_type: "text/plain; charset=utf-8",
        };
        files.push((PREFIX.to_owned(), list));
        Endpoints { files }
    }
}

// === impl Endpoints ===

impl Mount for Endpoints {
    fn mount(&self, routes: Routes, _: Reach) -> Result<Routes, ConfigError> {
        let mut files = self.files.iter();
        files.try_fold(routes, |routes, (path, file)| {
            routes.route(path, file.clone())
        })
    }
}

// === impl File ===

impl Endpoint for File {
    type Future = Ready<Response<Full<Bytes>>>;

    fn answer(&self, req: RequestHead<'_>) -> Self::Future {
        if !matches!(*req.method, Method::GET | Method::HEAD) {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
            return ready(response);
        }
        let mut response = Response::new(Full::new(self.content.clone()));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        let nosniff = HeaderValue::from_static("nosniff");
        headers.insert(X_CONTENT_TYPE_OPTIONS, nosniff);
        ready(response)
    }
}
