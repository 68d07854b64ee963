//! An observer of servers alone is put on a client.

use gusset_core::{Cx, ObserveLayer, Observer};
use gusset_http::{Http, HttpClient, RequestHead};

struct ServerLog;

impl Observer<Http> for ServerLog {
    type Call = ();
    fn start(&self, _: RequestHead<'_>, _: &mut Cx) {}
}

fn main() {
    let _ = ObserveLayer::<Http<HttpClient>, _>::new(ServerLog);
}
