//! Auto traits of the public types.

use gusset_otlp::{
    ConfigError, ExportReport, OtlpLogSink, OtlpPipeline, OtlpPipelineBuilder, OtlpSpanSink,
};

fn assert_auto_traits<T: Send + Sync + Unpin + 'static>() {}

#[test]
fn public_types_are_send_and_sync() {
    assert_auto_traits::<OtlpPipeline>();
    assert_auto_traits::<OtlpPipelineBuilder>();
    assert_auto_traits::<OtlpSpanSink>();
    assert_auto_traits::<OtlpLogSink>();
    assert_auto_traits::<ExportReport>();
    assert_auto_traits::<ConfigError>();
}
