use gusset_core::{CallContext, CallObserver, End, ResponseKind};
use gusset_http::{Http, HttpClassifier, ProtocolVersion, ResponseHead, Route, is_streaming};

use crate::call_metrics::{Bodies, CallRecorder};

/// The state of one call of [`HttpMetrics`](super::HttpMetrics).
#[derive(Debug)]
pub struct HttpMetricsCall {
    pub(super) call: CallRecorder,
    pub(super) bodies: Bodies,
}

// === impl HttpMetricsCall ===

impl<R: HttpClassifier> CallObserver<Http<R>> for HttpMetricsCall {
    #[inline]
    fn enter(&mut self) {
        self.call.enter();
    }

    #[inline]
    fn exit(&mut self) {
        self.call.exit();
    }

    #[inline]
    fn on_response(&mut self, res: ResponseHead<'_>, cx: &CallContext) {
        let Self { call, bodies } = self;
        call.key.status = res.status.as_u16();
        if call.instruments.is_client() {
            // It is negotiated with the server.
            call.key.version = ProtocolVersion::from_http(res.version);
        }
        if let Some(route) = Route::from_response(res, call.instruments.side()) {
            call.key.name = call.instruments.names.id(route.as_str());
        }
        call.instruments.label_response(&mut call.key, res);
        let has_body = cx.response_kind() == Some(ResponseKind::Body);
        if has_body && res.status.is_success() && is_streaming(res) {
            bodies.streaming = true;
            call.record_streaming(cx);
        }
    }

    #[inline]
    fn on_end(self, end: End<'_, Http<R>>, cx: &CallContext) {
        let Self { call, bodies } = self;
        call.end(&bodies, end.stage(), cx);
    }
}
