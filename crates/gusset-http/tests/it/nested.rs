//! Requests in nested axum routers and mounted services, and requests that a service forwards.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri};
use axum::routing::get;
use gusset_core::{
    CallContext, CallObserver, End, FilteredObserver, ObserveLayer, Observer, ObserverId, Predicate,
};
use gusset_http::{
    Http, HttpClassifier, HttpClientClassifier, HttpServerClassifier, PathFilter,
    PropagateRouteLayer, QueryRedaction, RequestAttributes, RequestHead, RequestOptions,
    ResponseHead, Route, Side, UrlTemplate,
};
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::now;

/// Notes path, query and route of each call.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct NotesCall;

impl<R: HttpClassifier> Observer<Http<R>> for Notes {
    type Call = NotesCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> NotesCall {
        let options = RequestOptions::default().with_query(QueryRedaction::default());
        let attributes = RequestAttributes::new(req, Side::Server, &options);
        let query = attributes.query().map(|query| query.to_string());
        let route = attributes.route();
        assert_eq!(attributes.to_route().as_ref().map(Route::as_str), route);
        let (path, query) = (attributes.path(), query.unwrap_or_default());
        let note = format!("{path}?{query} {}", route.unwrap_or("-"));
        self.0.lock().unwrap().push(note);
        NotesCall
    }

    fn id(&self) -> ObserverId {
        ObserverId::from_arc(&self.0)
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for NotesCall {
    fn on_end(self, _: End<'_, Http<R>>, _: &CallContext) {}
}

impl Notes {
    fn layer(&self) -> ObserveLayer<Http, Self> {
        ObserveLayer::new(self.clone())
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A static directory.
#[derive(Clone)]
struct Files;

impl Service<Request<Body>> for Files {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Infallible>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        std::future::ready(Ok(Response::default()))
    }
}

fn send(router: &Router, uri: &str) -> Response<Body> {
    let request = Request::get(uri).body(Body::empty()).unwrap();
    let Ok(response) = now(router.clone().call(request));
    response
}

#[test]
fn path_in_a_nested_router_is_the_original_one() {
    let notes = Notes::default();
    let inner = Router::new()
        .route("/{id}", get(async || ()))
        .layer(notes.layer());
    let wards = Router::new().nest("/wards", inner);
    let router = Router::new().nest("/patients", wards);
    send(&router, "/patients/wards/7?page=2");
    assert_eq!(
        notes.take(),
        ["/patients/wards/7?page=2 /patients/wards/{id}"]
    );
}

#[test]
fn excluded_path_is_matched_against_the_original_one() {
    let notes = Notes::default();
    let filter = PathFilter::excluding(["/health", "/internal/*"]);
    let layer = ObserveLayer::<Http, _>::new(FilteredObserver::new(notes.clone(), filter));
    let handler = || get(async || ());
    let routes = Router::new()
        .route("/health", handler())
        .route("/internal/{part}", handler());
    let inner = routes.clone().layer(layer.clone());
    let router = Router::new().nest("/patients", inner);
    send(&router, "/patients/health");
    send(&router, "/patients/internal/a");
    let observed = notes.take();
    assert_eq!(
        observed,
        [
            "/patients/health? /patients/health",
            "/patients/internal/a? /patients/internal/{part}"
        ]
    );

    let router = routes.layer(layer.clone());
    send(&router, "/health");
    assert!(notes.take().is_empty());
    let inner = Router::new().route("/a", handler()).layer(layer);
    send(&Router::new().nest("/internal", inner), "/internal/a");
    assert!(notes.take().is_empty());
}

#[test]
fn static_directory_has_its_mount_point_as_route() {
    let notes = Notes::default();
    let assets = Router::new().nest_service("/assets", Files);
    for router in [
        assets.clone().layer(notes.layer()),
        // Around the directory alone.
        Router::new().nest_service("/assets", notes.layer().layer(Files)),
    ] {
        send(&router, "/assets/css/site.css?v=1");
        assert_eq!(notes.take(), ["/assets/css/site.css?v=1 /assets"]);
    }
    let nested = Router::new().nest("/{tenant}", assets).layer(notes.layer());
    send(&nested, "/blue/assets/a.js");
    assert_eq!(notes.take(), ["/blue/assets/a.js? /{tenant}/assets"]);
}

#[test]
fn unmatched_request_has_no_route() {
    let notes = Notes::default();
    let router = Router::new()
        .nest_service("/assets", Files)
        .fallback(async || "nothing here")
        .layer(notes.layer());
    send(&router, "/.env");
    assert_eq!(notes.take(), ["/.env? -"]);
}

#[test]
fn route_of_the_service_has_precedence_over_its_mount_point() {
    let notes = Notes::default();
    let named = tower_layer::layer_fn(|inner: ObserveFiles| AddRoute(inner));
    let observed = notes.layer().layer(Files);
    let router = Router::new().nest_service("/assets", named.layer(observed));
    send(&router, "/assets/a.js");
    assert_eq!(notes.take(), ["/assets/a.js? /assets/{file}"]);
}

type ObserveFiles = <ObserveLayer<Http, Notes> as Layer<Files>>::Service;

#[derive(Clone)]
struct AddRoute<S>(S);

impl<S: Service<Request<Body>>> Service<Request<Body>> for AddRoute<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(
        &mut self,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), S::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, mut req: Request<Body>) -> S::Future {
        req.extensions_mut().insert(Route::new("/assets/{file}"));
        self.0.call(req)
    }
}

#[test]
fn mount_point_is_copied_to_the_response() {
    let router = Router::new()
        .nest_service("/assets", Files)
        .route_layer(PropagateRouteLayer::new());
    let response = send(&router, "/assets/a.js");
    let route =
        Route::from_response(ResponseHead::from(&response), Side::Server).map(Route::as_str);
    assert_eq!(route, Some("/assets"));
}

/// Returns the request that a handler of `/in/{id}` receives.
fn received() -> Request<Body> {
    let received = Arc::new(Mutex::new(None));
    let keep = received.clone();
    let handler = get(async move |request: Request<Body>| {
        *keep.lock().unwrap() = Some(request);
    });
    let router = Router::new().nest("/api", Router::new().route("/in/{id}", handler));
    send(&router, "/api/in/7");
    let request = received.lock().unwrap().take().unwrap();
    let extensions = request.extensions();
    assert!(extensions.get::<MatchedPath>().is_some() && extensions.get::<OriginalUri>().is_some());
    request
}

#[test]
fn forwarded_request_is_not_named_by_the_received_one() {
    let mut request = received();
    request.extensions_mut().insert(Route::new("/in/{id}"));
    *request.uri_mut() = "http://stock.internal/out/7".parse().unwrap();
    let options = RequestOptions::default();
    let client = |request: &Request<Body>| {
        let head = RequestHead::from(request);
        let attributes = RequestAttributes::new(head, Side::Client, &options);
        let route = attributes.to_route().map(|route| route.as_str().to_owned());
        assert_eq!(attributes.route(), route.as_deref());
        (
            attributes.path().to_owned(),
            attributes.url().to_string(),
            route,
        )
    };
    let (path, url) = (
        "/out/7".to_owned(),
        "http://stock.internal/out/7".to_owned(),
    );
    assert_eq!(client(&request), (path.clone(), url.clone(), None));

    request
        .extensions_mut()
        .insert(UrlTemplate::new("/out/{id}"));
    assert_eq!(client(&request), (path, url, Some("/out/{id}".to_owned())));
    let server = RequestAttributes::new(RequestHead::from(&request), Side::Server, &options);
    assert_eq!(server.route(), Some("/api/in/{id}"), "not by the template");
}

#[test]
fn client_filter_matches_the_path_that_it_sends() {
    let mut request = received();
    *request.uri_mut() = "http://stock.internal/out/7".parse().unwrap();
    let head = RequestHead::from(&request);
    let filter = PathFilter::excluding(["/out/7"]);
    assert!(!Predicate::<Http<HttpClientClassifier>>::matches(
        &filter, head
    ));
    let filter = PathFilter::excluding(["/api/in/7"]);
    assert!(Predicate::<Http<HttpClientClassifier>>::matches(
        &filter, head
    ));
    assert!(!Predicate::<Http<HttpServerClassifier>>::matches(
        &filter, head
    ));
}
