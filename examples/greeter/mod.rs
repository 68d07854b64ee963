//! The service `greeter.Greeter`, as tonic-build generates it, without its options.
#![allow(dead_code, reason = "a program uses one side")]

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GreetRequest {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct GreetReply {
    #[prost(string, tag = "1")]
    pub(crate) text: String,
}

pub(crate) mod greeter_client {
    use tonic::codegen::http::Uri;
    use tonic::codegen::{Body, Bytes, GrpcMethod, StdError, http};

    use super::{GreetReply, GreetRequest};

    #[derive(Clone, Debug)]
    pub(crate) struct GreeterClient<T> {
        inner: tonic::client::Grpc<T>,
    }

    impl<T> GreeterClient<T>
    where
        T: tonic::client::GrpcService<tonic::body::Body>,
        T::Error: Into<StdError>,
        T::ResponseBody: Body<Data = Bytes> + Send + 'static,
        <T::ResponseBody as Body>::Error: Into<StdError> + Send,
    {
        pub(crate) fn with_origin(inner: T, origin: Uri) -> Self {
            let inner = tonic::client::Grpc::with_origin(inner, origin);
            Self { inner }
        }

        pub(crate) async fn greet(
            &mut self,
            request: impl tonic::IntoRequest<GreetRequest>,
        ) -> Result<tonic::Response<GreetReply>, tonic::Status> {
            self.inner.ready().await.map_err(|error| {
                tonic::Status::unknown(format!("Service was not ready: {}", error.into()))
            })?;
            let codec = tonic_prost::ProstCodec::default();
            let path = http::uri::PathAndQuery::from_static("/greeter.Greeter/Greet");
            let mut request = request.into_request();
            let method = GrpcMethod::new("greeter.Greeter", "Greet");
            request.extensions_mut().insert(method);
            self.inner.unary(request, path, codec).await
        }
    }
}

pub(crate) mod greeter_server {
    use std::convert::Infallible;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use tonic::codegen::{Body, BoxFuture, Service, StdError, http};

    use super::{GreetReply, GreetRequest};

    #[tonic::async_trait]
    pub(crate) trait Greeter: Send + Sync + 'static {
        async fn greet(
            &self,
            request: tonic::Request<GreetRequest>,
        ) -> Result<tonic::Response<GreetReply>, tonic::Status>;
    }

    #[derive(Debug)]
    pub(crate) struct GreeterServer<T>(Arc<T>);

    impl<T> GreeterServer<T> {
        pub(crate) fn new(inner: T) -> Self {
            Self(Arc::new(inner))
        }
    }

    struct Greet<T>(Arc<T>);

    impl<T: Greeter> tonic::server::UnaryService<GreetRequest> for Greet<T> {
        type Response = GreetReply;
        type Future = BoxFuture<tonic::Response<GreetReply>, tonic::Status>;

        fn call(&mut self, request: tonic::Request<GreetRequest>) -> Self::Future {
            let inner = Arc::clone(&self.0);
            Box::pin(async move { inner.greet(request).await })
        }
    }

    impl<T, B> Service<http::Request<B>> for GreeterServer<T>
    where
        T: Greeter,
        B: Body + Send + 'static,
        B::Error: Into<StdError> + Send + 'static,
    {
        type Response = http::Response<tonic::body::Body>;
        type Error = Infallible;
        type Future = BoxFuture<Self::Response, Self::Error>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: http::Request<B>) -> Self::Future {
            let method = Greet(Arc::clone(&self.0));
            Box::pin(async move {
                if request.uri().path() != "/greeter.Greeter/Greet" {
                    return Ok(tonic::Status::unimplemented("no such method").into_http());
                }
                let codec = tonic_prost::ProstCodec::default();
                Ok(tonic::server::Grpc::new(codec).unary(method, request).await)
            })
        }
    }

    impl<T> Clone for GreeterServer<T> {
        fn clone(&self) -> Self {
            Self(Arc::clone(&self.0))
        }
    }

    impl<T> tonic::server::NamedService for GreeterServer<T> {
        const NAME: &'static str = "greeter.Greeter";
    }
}
