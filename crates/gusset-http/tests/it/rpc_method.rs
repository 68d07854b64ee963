//! A client chooses no gRPC method: a method is named once a call has proven it.

use std::sync::{Arc, Mutex};

use gusset_core::{CallContext, CallObserver, End, ObserveLayer, Observer};
use gusset_http::{
    GrpcClientClassifier, GrpcServerClassifier, Http, HttpClassifier, ObservedBody,
    RequestAttributes, RequestHead, RequestOptions, ResponseHead, RpcMethod, Side,
    has_grpc_messages,
};
use gusset_testkit::ScriptedBody;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::attributes::get;
use crate::support::{Answers, drain, grpc_request, now, ok};

#[test]
fn rpc_service_is_what_precedes_the_method() {
    let options = RequestOptions::default();
    for (path, service) in [
        ("/shop.v1.Stock/Get", Some("shop.v1.Stock")),
        ("/Get", None),
        ("//Get", None),
        ("/", None),
    ] {
        let req = get(path);
        let attributes = RequestAttributes::new(RequestHead::from(&req), Side::Server, &options);
        assert_eq!(attributes.rpc_service(), service, "{path}");
        assert_eq!(attributes.rpc_method_original(), &path[1..]);
    }
}

/// What an observer reports of a call.
type Log = Arc<Mutex<Vec<String>>>;

/// Reports the attributes that are cached, and the gRPC method as a call ends.
struct Report {
    side: Side,
    options: Arc<RequestOptions>,
    log: Log,
}

struct ReportCall {
    options: Arc<RequestOptions>,
    log: Log,
    method: RpcMethod,
    has_messages: bool,
}

impl<R: HttpClassifier> Observer<Http<R>> for Report {
    type Call = ReportCall;

    fn start(&self, req: RequestHead<'_>, _: &mut CallContext) -> ReportCall {
        let Self { side, options, log } = self;
        let attributes = RequestAttributes::new(req, *side, options);
        let at_start = format!(
            "{:?} {:?} {:?} {}",
            attributes.server_address(),
            attributes.server_port(),
            attributes.client_address(),
            attributes.rpc_method().as_str(),
        );
        log.lock().unwrap().push(at_start);
        ReportCall {
            options: options.clone(),
            log: log.clone(),
            method: RpcMethod::start(attributes),
            has_messages: false,
        }
    }
}

impl<R: HttpClassifier> CallObserver<Http<R>> for ReportCall {
    fn on_response(&mut self, res: ResponseHead<'_>, _: &CallContext) {
        self.has_messages = has_grpc_messages(res);
    }

    fn on_end(self, _: End<'_, Http<R>>, cx: &CallContext) {
        let method = self.method.resolve(&self.options, cx, self.has_messages);
        let at_end = format!("{} {:?}", method.as_str(), method.original());
        self.log.lock().unwrap().push(at_end);
    }
}

/// The calls of two observers.
type Two<R> = <(Report, Report) as Observer<Http<R>>>::Call;

/// Calls a service that two observers observe, and returns what each of them reported.
struct Calls {
    side: Side,
    options: Arc<RequestOptions>,
    log: Log,
}

impl Calls {
    fn new(side: Side) -> Self {
        Self {
            side,
            options: Arc::default(),
            log: Log::default(),
        }
    }

    fn observer(&self) -> Report {
        Report {
            side: self.side,
            options: self.options.clone(),
            log: self.log.clone(),
        }
    }

    /// Returns what was reported since, once for both observers: they have to agree.
    fn agreed(&self) -> String {
        let log = std::mem::take(&mut *self.log.lock().unwrap());
        let [first, second] = &log[..] else {
            panic!("two observers report once each: {log:?}");
        };
        assert_eq!(first, second);
        first.clone()
    }

    /// Begins a gRPC call; the response's body ends it.
    fn call<R: HttpClassifier>(
        &self,
        path: &str,
        res: Response<ScriptedBody>,
    ) -> ObservedBody<ScriptedBody, R, Two<R>> {
        self.send(grpc_request(path), res)
    }

    fn send<R: HttpClassifier>(
        &self,
        req: Request<()>,
        res: Response<ScriptedBody>,
    ) -> ObservedBody<ScriptedBody, R, Two<R>> {
        let layer = ObserveLayer::<Http<R>, _>::new((self.observer(), self.observer()));
        let mut service = layer.layer(Answers::with(res));
        let Ok(res) = now(service.call(req));
        res.into_body()
    }

    /// Returns the method at the end of a server's call whose response is read.
    fn server_method(&self, req: Request<()>, res: Response<ScriptedBody>) -> String {
        let mut body = self.send::<GrpcServerClassifier>(req, res);
        self.agreed();
        drain(&mut body);
        drop(body);
        self.agreed()
    }
}

fn status(code: &'static str) -> Response<ScriptedBody> {
    ok(ScriptedBody::new().trailers("grpc-status", code))
}

#[test]
fn observers_of_a_call_agree_on_the_method() {
    let calls = Calls::new(Side::Server);
    let end = |path: &str, res: Response<ScriptedBody>, is_read: bool| {
        let mut body = calls.call::<GrpcServerClassifier>(path, res);
        let at_start = calls.agreed();
        if is_read {
            drain(&mut body);
        }
        drop(body);
        let at_start = at_start.rsplit(' ').next().unwrap().to_owned();
        (at_start, calls.agreed())
    };
    let other = |original| ("_OTHER".to_owned(), format!("_OTHER Some(\"{original}\")"));
    let proven = |at_start: &str, method| (at_start.to_owned(), format!("{method} None"));

    // A client that hangs up proves nothing, and neither does a status other than OK.
    assert_eq!(end("/a.B/C", status("0"), false), other("a.B/C"));
    assert_eq!(end("/a.B/C", status("12"), true), other("a.B/C"));
    assert_eq!(end("/a.B/C", status("5"), true), other("a.B/C"));
    // OK does, for this call and those after it.
    assert_eq!(end("/a.B/C", status("0"), true), proven("_OTHER", "a.B/C"));
    assert_eq!(end("/a.B/C", status("0"), false), proven("a.B/C", "a.B/C"));
    assert_eq!(end("/a.B/C", status("12"), true), proven("a.B/C", "a.B/C"));
}

/// Returns a response of these headers. Its body has bytes and no end.
fn endless(http: u16, content_type: &'static str) -> Response<ScriptedBody> {
    Response::builder()
        .status(http)
        .header("content-type", content_type)
        .body(ScriptedBody::new().data("message").pend_forever())
        .unwrap()
}

#[test]
fn message_proves_the_method() {
    let calls = Calls::new(Side::Server);
    for (http, content_type, method) in [
        (500, "application/grpc", "_OTHER Some(\"a.B/C\")"),
        // The page of a fallback, and what may be the status alone.
        (200, "text/html", "_OTHER Some(\"a.B/C\")"),
        (200, "application/grpc-web", "_OTHER Some(\"a.B/C\")"),
        (200, "application/grpc", "a.B/C None"),
    ] {
        let res = endless(http, content_type);
        let reported = calls.server_method(grpc_request("/a.B/C"), res);
        assert_eq!(reported, method, "{http} {content_type}");
    }
}

#[test]
fn message_before_a_failed_status_proves_the_method() {
    let body = ScriptedBody::new()
        .data("message")
        .trailers("grpc-status", "13");
    let res = Response::builder().header("content-type", "application/grpc");
    let calls = Calls::new(Side::Server);
    let reported = calls.server_method(grpc_request("/a.B/C"), res.body(body).unwrap());
    assert_eq!(reported, "a.B/C None");
}

#[test]
fn answer_of_a_layer_before_routing_proves_no_method() {
    let calls = Calls::new(Side::Server);
    let reported = |res| calls.server_method(grpc_request("/x.Y/Z"), res);
    for code in 1..17 {
        let res = Response::builder().header("grpc-status", code);
        let res = res.body(ScriptedBody::new().without_end_hint()).unwrap();
        assert_eq!(reported(res), "_OTHER Some(\"x.Y/Z\")", "code {code}");
    }
    for http in [400, 401, 403, 404, 429, 500, 503] {
        let mut res = ok(ScriptedBody::new().data("no"));
        *res.status_mut() = http.try_into().unwrap();
        assert_eq!(reported(res), "_OTHER Some(\"x.Y/Z\")", "HTTP {http}");
    }
}

#[test]
fn registered_service_proves_methods_that_fail() {
    let mut calls = Calls::new(Side::Server);
    calls.options = Arc::new(RequestOptions::default().with_rpc_services(["a.B"]));
    for (path, code, method) in [
        // The codes of layers in front of the methods prove nothing, also of a registered service.
        ("/a.B/Scan", "16", "_OTHER Some(\"a.B/Scan\")"),
        ("/a.B/Scan", "7", "_OTHER Some(\"a.B/Scan\")"),
        ("/a.B/Scan", "8", "_OTHER Some(\"a.B/Scan\")"),
        ("/a.B/Scan", "12", "_OTHER Some(\"a.B/Scan\")"),
        ("/a.B/C", "5", "a.B/C None"),
        ("/a.B/D", "3", "a.B/D None"),
        ("/x.Y/Z", "5", "_OTHER Some(\"x.Y/Z\")"),
    ] {
        let reported = calls.server_method(grpc_request(path), status(code));
        assert_eq!(reported, method, "{path} {code}");
    }
}

#[test]
fn registered_method_is_always_known() {
    let mut calls = Calls::new(Side::Server);
    let options = RequestOptions::default().with_rpc_services(["a.B/C"]);
    calls.options = Arc::new(options.with_rpc_method_limit(10));
    for (path, method) in [
        ("/a.B/C", "a.B/C None"),
        ("/a.B/D", "_OTHER Some(\"a.B/D\")"),
    ] {
        let reported = calls.server_method(grpc_request(path), status("14"));
        assert_eq!(reported, method);
    }
}

#[test]
fn request_that_is_not_grpc_has_no_method() {
    let calls = Calls::new(Side::Server);
    assert_eq!(
        calls.server_method(grpc_request("/a.B/C"), status("0")),
        "a.B/C None"
    );
    // Not even that of a method which is known.
    let json = Request::post("/a.B/C").header("content-type", "application/json");
    let requests = [get("/a.B/C"), json.body(()).unwrap()];
    for req in requests {
        let reported = calls.server_method(req, status("0"));
        assert_eq!(reported, "_OTHER Some(\"a.B/C\")");
    }
    assert_eq!(
        calls.server_method(get("/.env"), endless(200, "application/grpc")),
        "_OTHER Some(\".env\")"
    );
}

#[test]
fn method_that_another_call_proves_meanwhile_is_other() {
    let calls = Calls::new(Side::Server);
    let rival = Calls {
        side: Side::Server,
        options: Arc::new(RequestOptions::clone(&calls.options)),
        log: Log::default(),
    };
    let cancelled = calls.call::<GrpcServerClassifier>("/a.B/C", status("0"));
    calls.agreed();
    // Clones of options share what is proven.
    let mut proving = rival.call::<GrpcServerClassifier>("/a.B/C", status("0"));
    drain(&mut proving);
    drop(cancelled);
    assert_eq!(calls.agreed(), "_OTHER Some(\"a.B/C\")");
    drop(calls.call::<GrpcServerClassifier>("/a.B/C", status("0")));
    let log = std::mem::take(&mut *calls.log.lock().unwrap());
    assert_eq!(log[2..], ["a.B/C None", "a.B/C None"]);
}

#[test]
fn client_knows_its_methods_and_proves_none() {
    let calls = Calls::new(Side::Client);
    let body = calls.call::<GrpcClientClassifier>("/a.B/C", status("12"));
    assert!(calls.agreed().ends_with(" a.B/C"));
    drop(body);
    assert_eq!(calls.agreed(), "a.B/C None");

    let req = get("/a.B/C");
    let server = RequestAttributes::new(RequestHead::from(&req), Side::Server, &calls.options);
    assert_eq!(server.rpc_method().as_str(), "_OTHER");
}

#[test]
fn method_without_room_is_known_and_has_no_id() {
    let options = RequestOptions::default().with_rpc_method_limit(1);
    for (path, has_id) in [("/a.B/C", true), ("/a.B/D", false), ("/a.B/C", true)] {
        let req = get(path);
        let attributes = RequestAttributes::new(RequestHead::from(&req), Side::Client, &options);
        let method = RpcMethod::start(attributes);
        let name = method.name(&options);
        assert_eq!((name.as_str(), name.original()), (&path[1..], None));
        assert_eq!(name.id().is_some(), has_id);
        let by_id = name.id().and_then(|id| options.rpc_method_name(id));
        assert_eq!(by_id, has_id.then_some(&path[1..]));
    }
}
