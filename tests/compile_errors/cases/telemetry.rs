//! Types that are not what telemetry is made of.

use gusset_log::LogLayer;
use gusset_metrics::Label;
use gusset::propagation::Propagators;
use gusset_trace::TraceObserver;

struct Config;

fn main() {
    let _ = LogLayer::builder().sink(Config);
    let _ = TraceObserver::server().sink(Config);
    let _ = TraceObserver::server().sampler(Config);
    let _ = Propagators::empty().with(Config);
    let _ = Label::from_extension::<Config>();
    let _ = gusset::otlp::OtlpPipeline::builder().metric_producer(Config);
}
