//! A service under normal load.

use std::time::Duration;

use gusset_diagnose::{Diagnoser, Reading};
use gusset_system::{Snapshot, SystemReader};
use tokio::time::sleep;

use crate::readings::Readings;
use crate::server::{Server, call};

/// Ten minutes at ten seconds.
const READINGS: u32 = 60;

#[test]
fn quiet_service_has_no_finding_for_ten_minutes() {
    let server = Server::start(2, || sleep(Duration::from_millis(1)));
    let _alone = Readings::new();
    let mut reader = SystemReader::new();
    let mut diagnoser = Diagnoser::default();
    for reading in 0..READINGS {
        server.handle().block_on(async {
            for _ in 0..5 {
                call(server.addr).await;
            }
        });
        let mut snapshot = without_other_programs(reader.snapshot());
        let metrics = server.handle().metrics();
        let busy = (0..2).map(|worker| metrics.worker_total_busy_duration(worker));
        snapshot.time = reading * Duration::from_secs(10);
        snapshot.runtime.workers = Some(2);
        snapshot.runtime.busy = Some(busy.collect());
        let diagnosis = diagnoser.observe(Reading::from(snapshot));
        assert!(diagnosis.is_clear(), "reading {reading}\n{diagnosis}");
    }
}

/// Removes what is of the whole host, because other programs run there too.
fn without_other_programs(mut snapshot: Snapshot) -> Snapshot {
    let cpus = snapshot.host.cpus;
    snapshot.host = Default::default();
    snapshot.host.cpus = cpus;
    snapshot
}
