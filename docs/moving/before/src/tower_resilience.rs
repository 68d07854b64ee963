use std::error::Error;
use std::time::Duration;

use tower::{ServiceBuilder, ServiceExt as _, service_fn};
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

#[tokio::main]
pub async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let breaker = CircuitBreakerLayer::builder()
        .name("payments")
        .failure_rate_threshold(0.5)
        .sliding_window_size(100)
        .minimum_number_of_calls(20)
        .wait_duration_in_open(Duration::from_secs(10))
        .permitted_calls_in_half_open(3)
        .build()?;
    let payments = ServiceBuilder::new()
        .layer(breaker)
        .service(service_fn(async |amount: u32| {
            Ok::<_, std::io::Error>(amount)
        }));
    match payments.oneshot(950).await {
        Err(error) if error.is_circuit_open() => println!("rejected"),
        result => println!("{result:?}"),
    }
    Ok(())
}
