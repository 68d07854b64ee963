use std::error::Error;

use metrics::{Unit, counter, describe_histogram, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error>> {
    PrometheusBuilder::new()
        .with_http_listener(([127, 0, 0, 1], 9464))
        .set_buckets_for_metric(Matcher::Full("order_value".to_owned()), &[10.0, 100.0])?
        .install()?;
    describe_histogram!("order_value", Unit::Count, "Value of orders.");
    counter!("orders", "plan" => "paid").increment(1);
    histogram!("order_value").record(19.5);
    tokio::signal::ctrl_c().await?;
    Ok(())
}
