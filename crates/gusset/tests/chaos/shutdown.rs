//! The shutdown loses nothing while faults are injected.

use gusset::chaos::{Delay, Fault};

use super::*;

#[tokio::test]
async fn delayed_call_is_answered_and_recorded_during_the_shutdown() {
    let service = Service::new([Rule::new("slow").delay(Delay::fixed(Duration::from_millis(100)))]);
    service.arm();
    let (listener, address) = listen().await;
    let gusset = service.gusset.clone();
    let server = axum::serve(listener, service.app());
    let server = server.with_graceful_shutdown(gusset.shutdown_signal());
    let end = tokio::spawn(async move { gusset.serve(server).await });
    let connection = send(address).await;
    until("the call is delayed", || {
        service.gusset.chaos().status().active == 1
    })
    .await;
    service.gusset.health().lifecycle().begin_shutdown();
    let response = read(connection).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");
    end.await.unwrap().unwrap();
    let lines = service.access_lines();
    let spans = service.spans.all();
    assert_eq!((lines.len(), spans.len()), (1, 1));
    assert_eq!(lines[0]["gusset.chaos.fault"], "latency");
    assert_eq!(
        attribute(&spans[0], "gusset.chaos.fault").as_deref(),
        Some("latency")
    );
}

#[tokio::test]
async fn hanging_call_is_released_by_disarming_before_the_shutdown() {
    let service = Service::new([Rule::new("stuck").fault(Fault::Hang)]);
    service.arm();
    let (listener, address) = listen().await;
    let gusset = service.gusset.clone();
    let server = axum::serve(listener, service.app());
    let server = server.with_graceful_shutdown(gusset.shutdown_signal());
    let end = tokio::spawn(async move { gusset.serve(server).await });
    let connection = send(address).await;
    until("the call hangs", || {
        service.gusset.chaos().status().active == 1
    })
    .await;
    service.gusset.health().lifecycle().begin_shutdown();
    service.gusset.chaos().kill();
    assert!(read(connection).await.starts_with("HTTP/1.1 200 "));
    end.await.unwrap().unwrap();
    assert_eq!(
        (service.access_lines().len(), service.spans.all().len()),
        (1, 1)
    );
}
