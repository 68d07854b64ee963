//! Two experiments with injected faults: one that passes, and one that stops itself.
//!
//! ```text
//! cargo run --example chaos
//! ```
//!
//! A page of a shop needs the stock service. In the first experiment half of its calls fail. The page keeps its
//! promise: it is there, with or without the stock, and a breaker opens. In the second one the stock service is slow, so
//! the page misses its objective, and the experiment stops long before its time.

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gusset::Gusset;
use gusset::breaker::{CircuitBreaker, Config};
use gusset::chaos::experiment::Report;
use gusset::chaos::{Delay, Fault, InjectedError, Rule, RuleSet, experiment};
use gusset::data::{SharedStr, SteadyState};
use http::{Request, Response};
use tower::{Service, ServiceBuilder, ServiceExt as _, service_fn};

type BoxError = Box<dyn Error + Send + Sync>;

/// What the visitors of the page got.
#[derive(Default)]
struct Visits {
    pages: AtomicU64,
    with_stock: AtomicU64,
    slow: AtomicU64,
}

/// The objective of the page: at most five visits are slow.
struct FastPages(Arc<Visits>);

const SLOW: Duration = Duration::from_millis(30);

impl SteadyState for FastPages {
    fn violation(&self) -> Option<SharedStr> {
        let slow = self.0.slow.load(Ordering::Relaxed);
        (slow > 5).then(|| format!("{slow} pages were slower than {SLOW:?}").into())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let gusset = gusset::builder()
        .without_log()
        .without_health()
        .without_management()
        // Without the name of an environment, it may be production.
        .chaos(|chaos| chaos.environment("example").seed(7))
        .build()?;
    println!("{}\n", failing_stock(&gusset).await?);
    println!("{}", slow_stock(&gusset).await?);
    Ok(())
}

async fn failing_stock(gusset: &Gusset) -> Result<Report, BoxError> {
    let failing = Rule::new("failing-stock")
        .peer("stock.internal")
        .share_ppm(500_000);
    let failing = failing.fault(Fault::Status { status: 503 });
    gusset.chaos().set_rules(RuleSet::new([failing])?);
    let visits = Arc::<Visits>::default();
    let config = Config::consecutive(3);
    let breaker = CircuitBreaker::builder("failing stock")
        .config(config)
        .build()?;
    let (seen, state) = (visits.clone(), breaker.clone());
    let report = experiment("half of the calls of the stock service fail")
        .interval(Duration::from_millis(100))
        .promise("each visitor gets a page", move || {
            let pages = seen.pages.load(Ordering::Relaxed);
            let with_stock = seen.with_stock.load(Ordering::Relaxed);
            Ok(format!(
                "{pages} pages, {with_stock} of them with the stock"
            ))
        })
        .promise("the breaker spares the stock service", move || {
            Ok(format!("it is {}", state.state().as_str()))
        })
        .run(gusset.chaos(), visit(gusset, &breaker, &visits, Some(100)))
        .await;
    Ok(report)
}

async fn slow_stock(gusset: &Gusset) -> Result<Report, BoxError> {
    let slow = Rule::new("slow-stock").peer("stock.internal");
    let slow = slow.delay(Delay::fixed(SLOW * 2));
    gusset.chaos().set_rules(RuleSet::new([slow])?);
    let visits = Arc::<Visits>::default();
    let breaker = CircuitBreaker::builder("slow stock").build()?;
    let report = experiment("the stock service is slow")
        .duration(Duration::from_secs(3600))
        .interval(Duration::from_millis(100))
        .objectives(FastPages(visits.clone()))
        .recovery(Duration::ZERO)
        .run(gusset.chaos(), visit(gusset, &breaker, &visits, None))
        .await;
    Ok(report)
}

/// Visits the page again and again.
async fn visit(gusset: &Gusset, breaker: &CircuitBreaker, visits: &Visits, times: Option<u64>) {
    let stock = service_fn(async |_: Request<String>| {
        Ok::<_, Infallible>(Response::new("12 left".to_owned()))
    });
    // Injected faults are innermost, so that everything else takes them for real ones.
    let stock = ServiceBuilder::new()
        .layer(gusset.http_client())
        .layer(breaker.http_client())
        .layer(gusset.chaos().http_client().errors(to_box))
        .map_err(BoxError::from)
        .service(stock);
    let mut made = 0;
    while times.is_none_or(|times| made < times) {
        made += 1;
        #[allow(clippy::disallowed_methods, reason = "what a visitor would measure")]
        let started = Instant::now();
        let with_stock = has_stock(stock.clone()).await;
        visits.pages.fetch_add(1, Ordering::Relaxed);
        visits
            .with_stock
            .fetch_add(u64::from(with_stock), Ordering::Relaxed);
        visits
            .slow
            .fetch_add(u64::from(started.elapsed() > SLOW), Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

/// Returns whether the stock service answered. The page is there in any case.
async fn has_stock<S, D>(stock: S) -> bool
where
    S: Service<Request<String>, Response = Response<D>>,
{
    let request = Request::get("http://stock.internal/items/7").body(String::new());
    let answer = stock.oneshot(request.expect("the request is valid")).await;
    answer.is_ok_and(|response| response.status().is_success())
}

fn to_box(error: InjectedError) -> BoxError {
    error.into()
}
