//! An observer of servers alone is put on a client.

use gusset_core::{CallContext, ObserveLayer, Observer};
use gusset_http::{Http, HttpClientClassifier, RequestHead};

struct ServerLog;

impl Observer<Http> for ServerLog {
    type Call = ();
    fn start(&self, _: RequestHead<'_>, _: &mut CallContext) {}
}

fn main() {
    let _ = ObserveLayer::<Http<HttpClientClassifier>, _>::new(ServerLog);
}
