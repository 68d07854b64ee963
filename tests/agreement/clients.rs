//! The clients: with and without layers of their own.

use axum::body::Body;
use gusset::Gusset;
use gusset::breaker::{CircuitBreaker, CircuitOpen, http_response};
use gusset_tests::bodies::BoxError;
use gusset_tests::clients::{http1, http2, with_timeout};
use gusset_tests::word_client::Client as WordClient;
use gusset_tests::word_service as words;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tonic::Code;
use tower::util::BoxCloneSyncService;
use tower::{Layer as _, ServiceBuilder, ServiceExt as _};

use crate::behaviour::Behaviour;
use crate::random::Random;
use crate::servers::Servers;

/// An instrumented client with a breaker.
#[derive(Clone, Debug)]
pub(crate) struct HttpClient(BoxCloneSyncService<Request<Body>, Response<Body>, BoxError>);

/// Who sends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A client without layers.
    Http1,
    Http2,
    /// A client without layers, whose request is forwarded by the server's own client.
    Forwarded,
    /// Instrumented clients.
    Observed1,
    Observed2,
    /// An instrumented client with an open breaker.
    Rejected,
}

/// All of them.
pub(crate) const SENDERS: [Sender; 6] = [
    Sender::Http1,
    Sender::Http2,
    Sender::Forwarded,
    Sender::Observed1,
    Sender::Observed2,
    Sender::Rejected,
];

/// One HTTP call.
#[derive(Clone, Debug)]
pub(crate) struct HttpCall {
    pub(crate) id: String,
    pub(crate) sender: Sender,
    pub(crate) behaviour: Behaviour,
    pub(crate) is_head: bool,
    /// Whether the body of the request has a declared length, or else is chunked.
    pub(crate) has_length: bool,
}

/// The instrumented clients.
#[derive(Clone, Debug)]
pub(crate) struct Clients {
    pub(crate) http1: HttpClient,
    pub(crate) http2: HttpClient,
    pub(crate) rejected: HttpClient,
}

// === impl HttpClient ===

impl HttpClient {
    pub(crate) fn new(gusset: &Gusset, breaker: &CircuitBreaker, is_http2: bool) -> Self {
        let breaker = breaker.http_client();
        let client = ServiceBuilder::new()
            .map_response(|response: Response<_>| response.map(Body::new))
            .layer(gusset.http_client())
            .layer(breaker.respond_with(|open: CircuitOpen| http_response(&open)))
            .map_response(|response: Response<_>| response.map(Body::new))
            .map_err(BoxError::from)
            .service(
                Client::builder(TokioExecutor::new())
                    .http2_only(is_http2)
                    // A request on a connection that a broken response ends may not reach the server.
                    .pool_max_idle_per_host(if is_http2 { 1 } else { 0 })
                    .build_http(),
            );
        Self(BoxCloneSyncService::new(client))
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        self.0.clone().oneshot(request).await
    }
}

// === impl HttpCall ===

impl HttpCall {
    /// Returns how many calls are observed: by servers and by clients.
    pub(crate) fn observed(&self) -> usize {
        match self.sender {
            Sender::Http1 | Sender::Http2 | Sender::Rejected => 1,
            Sender::Observed1 | Sender::Observed2 => 2,
            Sender::Forwarded => 3,
        }
    }

    /// Sends the request, and leaves early if the behaviour is one without an end.
    pub(crate) async fn send(&self, servers: &Servers, clients: &Clients) {
        match self.sender {
            Sender::Http1 | Sender::Forwarded => self.send_http1(servers).await,
            Sender::Http2 => self.send_http2(servers).await,
            Sender::Observed1 => self.send_with(servers, &clients.http1).await,
            Sender::Observed2 => self.send_with(servers, &clients.http2).await,
            Sender::Rejected => self.send_with(servers, &clients.rejected).await,
        }
    }

    fn method(&self) -> &'static str {
        match (self.is_head, self.behaviour.has_request_body()) {
            (true, _) => "HEAD",
            (false, true) => "POST",
            (false, false) => "GET",
        }
    }

    fn path(&self) -> String {
        match self.sender {
            Sender::Forwarded => format!("/forward/{}/{}", self.id, self.behaviour.name()),
            _ => self.behaviour.path(&self.id),
        }
    }

    fn body(&self) -> &'static str {
        match self.behaviour.has_request_body() {
            true => "a request body",
            false => "",
        }
    }

    async fn send_http1(&self, servers: &Servers) {
        let entered = servers.entered.expect(&self.id);
        let mut connection = http1::Connection::open(servers.http).await;
        let (method, path, id, body) = (self.method(), self.path(), &self.id, self.body());
        let framed = match (body, self.has_length) {
            ("", _) => "\r\n".to_owned(),
            (body, true) => format!("content-length: {}\r\n\r\n{body}", body.len()),
            (body, false) => format!(
                "transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
                body.len()
            ),
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: {id}\r\n\
             te: trailers\r\nconnection: close, te\r\n{framed}"
        );
        connection.send(request).await;
        match self.behaviour {
            Behaviour::Never => drop(with_timeout(entered).await),
            Behaviour::Streaming => drop(connection.receive_to("chunk 0").await.len()),
            _ => drop(connection.receive_all().await.len()),
        }
    }

    async fn send_http2(&self, servers: &Servers) {
        let entered = servers.entered.expect(&self.id);
        let connection = http2::Connection::open(servers.http).await;
        let request = Request::builder()
            .method(self.method())
            .uri(format!("http://localhost{}", self.path()))
            .header("x-request-id", &self.id);
        let request = request.body(()).expect("a request");
        let body = self.body();
        let (response, mut stream) = connection.send(request, body.is_empty()).await;
        if !body.is_empty() {
            let sent = stream.send_data(body.into(), true);
            sent.expect("the stream is open");
        }
        match self.behaviour {
            Behaviour::Never => drop(with_timeout(entered).await),
            Behaviour::Streaming => {
                let response = with_timeout(response).await.expect("a response");
                drop(with_timeout(response.into_body().data()).await);
            }
            _ => drop(http2::receive_all(response).await),
        }
    }

    async fn send_with(&self, servers: &Servers, client: &HttpClient) {
        // A rejected call does not reach its handler.
        let never_responds = self.behaviour == Behaviour::Never && self.sender != Sender::Rejected;
        let entered = never_responds.then(|| servers.entered.expect(&self.id));
        let request = Request::builder()
            .method(self.method())
            .uri(format!("http://{}{}", servers.http, self.path()))
            .header("x-request-id", &self.id);
        let body = match (self.body(), self.has_length) {
            ("", _) => Body::empty(),
            (body, true) => Body::from(body),
            (body, false) => {
                let chunk = std::future::ready(Ok::<_, BoxError>(body));
                Body::from_stream(futures_util::stream::once(chunk))
            }
        };
        let call = client.call(request.body(body).expect("a request"));
        if let Some(entered) = entered {
            tokio::select! {
                response = call => panic!("it should not respond: {response:?}"),
                entered = with_timeout(entered) => entered.expect("the handler is called"),
            }
            return;
        }
        // Errors are the point of many calls.
        let Ok(response) = with_timeout(call).await else {
            return;
        };
        let mut body = response.into_body();
        while let Some(Ok(_)) = with_timeout(body.frame()).await {
            if self.behaviour == Behaviour::Streaming {
                return;
            }
        }
    }
}

/// Sends one gRPC call of a random kind. It is observed by the client and by the server.
pub(crate) async fn send_grpc(
    gusset: Gusset,
    breaker: CircuitBreaker,
    channel: tonic::transport::Channel,
    servers: Servers,
    kind: usize,
    code: usize,
) {
    let channel = breaker.grpc_client().layer(channel);
    let mut client = WordClient::new(gusset.grpc_client().layer(channel), servers.grpc);
    let stream = |words: [&str; 2]| futures_util::stream::iter(words.map(words::Word::new));
    // Errors are the point of many calls.
    match kind {
        0 => drop(client.unary(words::ECHO, "hello").await),
        1 => {
            let code = (Code::from_i32(code as i32) as i32).to_string();
            drop(client.unary(words::REFUSE, &code).await);
        }
        2 => drop(client.unary(words::PANIC, "").await),
        3 => drop(client.unary("/test.WordService/Unknown", "").await),
        4 => drop(client.join(words::JOIN, stream(["one", "two"])).await),
        _ => {
            let responses = match kind {
                5 => client.list(words::LIST).await,
                6 => client.list(words::LIST_AND_FAIL).await,
                7 => client.list(words::LIST_NOTHING).await,
                8 => client.converse(words::REPEAT, stream(["one", "two"])).await,
                _ => client.list(words::LIST_FOREVER).await,
            };
            let Ok(mut responses) = responses else { return };
            while let Ok(Some(_)) = with_timeout(responses.message()).await {
                // The client leaves after the first message of an stream without an end.
                if kind == GRPC_KINDS - 1 {
                    return;
                }
            }
        }
    }
}

/// The number of kinds of [`send_grpc`].
pub(crate) const GRPC_KINDS: usize = 10;

/// Returns a random HTTP call.
pub(crate) fn random_call(random: &mut Random, id: String) -> HttpCall {
    let sender = random.one_of(&SENDERS);
    let mut behaviour = random.one_of(&Behaviour::ALL);
    if sender == Sender::Forwarded && behaviour == Behaviour::TimesOut {
        // The forwarded request has another path, without the layer.
        behaviour = Behaviour::Never;
    }
    HttpCall {
        id,
        sender,
        behaviour,
        is_head: behaviour.allows_head() && random.below(3) == 0,
        has_length: random.below(2) == 0,
    }
}
