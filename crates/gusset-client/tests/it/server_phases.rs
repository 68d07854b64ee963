//! Phases that a server names.

use gusset_client::{ServerPhases, names, phase};
use http::{Request, Response};
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::metrics::Recorder;
use crate::support::{DELAY, Time};

#[tokio::test]
async fn phases_are_in_the_header_and_in_a_histogram() {
    let (clock, time) = Time::given();
    let recorder = Recorder::default();
    let phases = ServerPhases::builder(["db", "render"]);
    let phases = phases.recorder(recorder.shared()).clock(clock);
    let service = service_fn(move |_: Request<()>| {
        let time = time.clone();
        async move {
            for _ in 0..2 {
                let _db = phase("db");
                time.pass().await;
            }
            // Not a phase.
            time.pass().await;
            let _unknown = phase("chosen by a client");
            Ok::<_, std::io::Error>(Response::new(()))
        }
    });
    let service = phases.build().unwrap().layer().layer(service);
    let response = service.oneshot(Request::new(())).await.unwrap();
    assert_eq!(response.headers()["server-timing"], "db;dur=2000.000");
    let values = recorder.values();
    let used = values.iter().filter(|(_, values)| !values.is_empty());
    let used: Vec<_> = used.collect();
    let expected = vec![(DELAY * 2).as_secs_f64()];
    assert_eq!(
        used,
        [&(names::SERVER_PHASE_DURATION.name.to_owned(), expected)]
    );
}

#[tokio::test]
async fn header_is_left_out_on_demand_and_without_phases() {
    let phases = ServerPhases::builder(["db"])
        .without_header()
        .build()
        .unwrap();
    let measured = service_fn(|_: Request<()>| async {
        drop(phase("db"));
        Ok::<_, std::io::Error>(Response::new(()))
    });
    let response = phases
        .layer()
        .layer(measured)
        .oneshot(Request::new(()))
        .await;
    assert!(response.unwrap().headers().is_empty());

    let phases = ServerPhases::builder(["db"]).build().unwrap();
    let idle = service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new(())));
    let response = phases.layer().layer(idle).oneshot(Request::new(())).await;
    assert!(response.unwrap().headers().is_empty());
}

#[test]
fn invalid_names_are_refused() {
    for names in [vec![""], vec!["a b"], vec!["db", "db"], vec!["a"; 9]] {
        let error = ServerPhases::builder(names).build().unwrap_err();
        assert_eq!(error.setting(), "phases");
    }
}
