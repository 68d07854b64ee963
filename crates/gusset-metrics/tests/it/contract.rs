//! The observers keep the contract of `gusset-core`.

use gusset_metrics::RpcMetrics;
use gusset_testkit::observer_contract;

use crate::support::*;

observer_contract!(
    http_metrics_keep_the_contract,
    TestRecorder::new().server().build().unwrap()
);
observer_contract!(
    rpc_metrics_keep_the_contract,
    RpcMetrics::server(TestRecorder::new().recorder)
        .build()
        .unwrap()
);
