//! What the future of a server may be.

use std::convert::Infallible;
use std::future::pending;
use std::io::{self, Read as _};
use std::net::TcpStream;
use std::time::Duration;

use gusset::Gusset;
use tokio::net::TcpListener;

use crate::{access_lines, app, listen, no_variable, request, set_up};

/// Begins the shutdown as SIGTERM does.
fn stop(gusset: &Gusset) {
    gusset.health().lifecycle().begin_shutdown();
}

#[tokio::test]
async fn axum_server_is_served_until_the_shutdown() {
    let (builder, output) = set_up();
    let gusset = builder.build_with(no_variable).unwrap();
    let management = gusset.management_addr().unwrap();
    assert_eq!(request(management, "/readyz").await.status, 503);
    let mut idle = TcpStream::connect(management).unwrap();
    idle.set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let (listener, address) = listen().await;
    let server =
        axum::serve(listener, app(&gusset)).with_graceful_shutdown(gusset.shutdown_signal());
    let client = async {
        let response = request(address, "/users/7").await;
        assert_eq!(response.status, 200);
        assert!(response.headers.contains_key("x-request-id"));
        for probe in ["/livez", "/readyz", "/startupz", "/healthz"] {
            assert_eq!(request(management, probe).await.status, 200, "{probe}");
        }
        let page = request(management, "/metrics").await.text;
        assert!(page.contains(r#"http_route="/users/{id}""#), "{page}");
        assert!(page.contains("users_found_total 1"), "{page}");
        stop(&gusset);
    };
    let (served, ()) = tokio::join!(gusset.serve(server), client);
    served.unwrap();

    let lines = access_lines(&output);
    assert_eq!(lines.len(), 1, "{}", output.text());
    // Another test may have its port by now, so a connection of before is looked at.
    let mut byte = [0];
    assert_eq!(idle.read(&mut byte).unwrap(), 0, "it is closed");
}

#[tokio::test]
async fn result_of_serve_can_be_that_of_main() {
    async fn main(gusset: Gusset, listener: TcpListener) -> Result<(), gusset::Error> {
        let app = app(&gusset);
        gusset
            .serve(axum::serve(listener, app).with_graceful_shutdown(gusset.shutdown_signal()))
            .await
    }
    async fn main_boxed(gusset: Gusset) -> Result<(), Box<dyn std::error::Error>> {
        let (listener, _) = listen().await;
        main(gusset, listener).await?;
        Ok(())
    }
    let gusset = set_up().0.build_with(no_variable).unwrap();
    stop(&gusset);
    main_boxed(gusset).await.unwrap();
}

#[tokio::test]
async fn server_can_run_on_a_spawned_task() {
    let gusset = set_up().0.build_with(no_variable).unwrap();
    let (listener, _) = listen().await;
    let server =
        axum::serve(listener, app(&gusset)).with_graceful_shutdown(gusset.shutdown_signal());
    let served = {
        let gusset = gusset.clone();
        tokio::spawn(async move { gusset.serve(server).await })
    };
    stop(&gusset);
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn loops_tasks_and_several_servers_are_served() {
    async fn serve<F>(server: F) -> Result<(), gusset::Error>
    where
        F: std::future::IntoFuture,
        F::Output: gusset::ServerOutput,
    {
        let gusset = set_up().0.build_with(no_variable).unwrap();
        stop(&gusset);
        gusset.serve(server).await
    }
    serve(async {}).await.unwrap();
    serve(async { Ok::<_, Infallible>(()) }).await.unwrap();
    serve(async { Ok::<_, String>(()) }).await.unwrap();
    serve(async { Ok::<_, Box<dyn std::error::Error + Send + Sync>>(()) })
        .await
        .unwrap();
    serve(tokio::spawn(async { io::Result::Ok(()) }))
        .await
        .unwrap();
    serve(async { tokio::join!(async {}, async { io::Result::Ok(()) }) })
        .await
        .unwrap();
    let failed = serve(tokio::spawn(async { Err::<(), _>(io::Error::other("no")) })).await;
    assert_eq!(
        format!("{:?}", failed.unwrap_err()),
        "the server failed: no"
    );
    let both = async { tokio::join!(async {}, async { Err::<(), _>(io::Error::other("no")) }) };
    assert!(serve(both).await.is_err());
}

#[tokio::test]
async fn endless_loop_ends_at_the_deadline() {
    let (builder, _) = set_up();
    let gusset = builder
        .health(|health| {
            health
                .handle_signals(false)
                .in_flight_deadline(Duration::from_millis(20))
        })
        .build_with(no_variable)
        .unwrap();
    stop(&gusset);
    let served = gusset.serve(async {
        loop {
            pending::<()>().await;
        }
    });
    served.await.unwrap();
}
