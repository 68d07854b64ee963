//! Spring Boot Actuator's shape.

use super::{Facts, Json};
use crate::Status;

pub(super) fn write(json: &mut Json, facts: &Facts<'_>) {
    json.text("status", word(facts.status));
    json.object("components", |json| {
        for (name, age, alive) in facts.beats() {
            json.object(name, |json| {
                json.text("status", if alive { "UP" } else { "DOWN" });
                json.object("details", |json| json.number("age", age));
            });
        }
        for (check, seen) in &facts.checks {
            json.object(&check.name, |json| {
                json.text("status", word(seen.status));
                json.object("details", |json| {
                    if let Some(role) = check.role.as_str() {
                        json.text("role", role);
                    }
                    if let Some(message) = &seen.message {
                        json.text("message", message);
                    }
                });
            });
        }
    });
}

/// Spring knows own words; those who read its shape know these.
fn word(status: Status) -> &'static str {
    match status {
        Status::Up => "UP",
        Status::Degraded => "DEGRADED",
        Status::Down => "DOWN",
        Status::Unknown => "UNKNOWN",
    }
}
