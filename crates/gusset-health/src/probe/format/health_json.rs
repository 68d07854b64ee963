//! `application/health+json` (draft-inadarei-api-health-check-06).

use super::{Facts, Json};
use crate::Status;

pub(super) fn write(json: &mut Json, facts: &Facts<'_>) {
    let life = facts.health.lifecycle();
    json.text("status", word(facts.status));
    json.text("phase", life.phase().as_str());
    if let Some(doing) = life.doing_now() {
        json.text("output", &doing);
    }
    json.flag("held", life.state().held);
    json.number("inFlight", facts.health.in_flight().count() as f64);
    json.object("checks", |json| {
        for (name, age, alive) in facts.beats() {
            json.array(name, |json| {
                json.element(|json| {
                    json.text("componentType", "heartbeat");
                    json.text("status", if alive { "pass" } else { "fail" });
                    json.number("observedValue", age);
                    json.text("observedUnit", "s");
                });
            });
        }
        for (check, seen) in &facts.checks {
            json.array(&check.name, |json| {
                json.element(|json| {
                    if let Some(role) = check.role.as_str() {
                        json.text("componentType", role);
                    }
                    json.text("status", word(seen.status));
                    // The draft knows three words; what is unknown is told apart all the same.
                    json.text("verdict", seen.status.as_str());
                    json.flag("decidesOnReadiness", check.gates);
                    if let Some(message) = &seen.message {
                        json.text("output", message);
                    }
                    if let (Some(took), Some(age)) = (seen.took, seen.age) {
                        json.number("observedValue", took.as_secs_f64());
                        json.text("observedUnit", "s");
                        json.number("age", age.as_secs_f64());
                    }
                    if let Some(since) = seen.since {
                        json.number("since", since.as_secs_f64());
                    }
                    json.number("failuresInARow", f64::from(seen.failures));
                });
            });
        }
    });
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Up => "pass",
        Status::Degraded => "warn",
        Status::Down | Status::Unknown => "fail",
    }
}
