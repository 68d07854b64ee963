//! What measures keeps the contract of observers.

use gusset_metrics::RpcMetrics;
use gusset_testkit::observer_contract;

use crate::support::*;

observer_contract!(
    http_metrics_keep_the_contract,
    Book::new().server().build().unwrap()
);
observer_contract!(
    rpc_metrics_keep_the_contract,
    RpcMetrics::server(Book::new().recorder).build().unwrap()
);
