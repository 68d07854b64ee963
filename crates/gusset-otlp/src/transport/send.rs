//! Encodes and sends a request in the protocol of the client.

use bytes::Bytes;

#[cfg(feature = "grpc")]
use super::grpc;
use super::{ExportError, ExportResponse, OtlpClient, http1};
#[cfg(feature = "grpc")]
use crate::OtlpProtocol;

impl OtlpClient {
    /// Encodes the body of a request: compressed if configured, and framed for gRPC.
    pub(crate) fn encode_body(&self, message: Vec<u8>) -> Bytes {
        #[cfg(feature = "grpc")]
        if self.protocol == OtlpProtocol::Grpc {
            return grpc::frame(&self.compress(message), self.gzip);
        }
        self.compress(message).into()
    }

    #[cfg(feature = "gzip")]
    fn compress(&self, message: Vec<u8>) -> Vec<u8> {
        use std::io::Write as _;

        if !self.gzip {
            return message;
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder
            .write_all(&message)
            .and_then(|()| encoder.finish())
            .expect("writing to a Vec does not fail")
    }

    #[cfg(not(feature = "gzip"))]
    fn compress(&self, message: Vec<u8>) -> Vec<u8> {
        debug_assert!(!self.gzip, "settings reject gzip without the feature");
        message
    }

    /// Sends one request and reads the whole response within the timeout.
    pub(crate) async fn send(&mut self, body: Bytes) -> Result<ExportResponse, ExportError> {
        let send = async {
            #[cfg(feature = "grpc")]
            if self.protocol == OtlpProtocol::Grpc {
                return grpc::send(self, body).await;
            }
            http1::send(self, body).await
        };
        let (result, broken) = match tokio::time::timeout(self.timeout, send).await {
            Ok(result) => {
                let broken = matches!(&result, Err(error) if error.is_connection());
                (result, broken)
            }
            Err(_) => (Err(ExportError::request_timeout(self.timeout)), true),
        };
        self.has_responded |= !broken;
        if broken {
            // The pool cannot recognize a connection that no longer responds, and HTTP/2 would use it
            // for the next request too.
            self.reconnect();
        }
        result
    }
}
