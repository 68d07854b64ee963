//! MicroProfile Health's shape, which has two words and none between.

use super::{Facts, Json};
use crate::Status;

pub(super) fn write(json: &mut Json, facts: &Facts<'_>) {
    json.text("status", word(facts.status.works()));
    json.array("checks", |json| {
        for (name, age, alive) in facts.beats() {
            json.element(|json| {
                json.text("name", name);
                json.text("status", word(alive));
                json.object("data", |json| json.number("age", age));
            });
        }
        for (check, seen) in &facts.checks {
            json.element(|json| {
                json.text("name", &check.name);
                json.text("status", word(seen.status.works()));
                json.object("data", |json| {
                    if let Some(role) = check.role.as_str() {
                        json.text("role", role);
                    }
                    if seen.status == Status::Degraded {
                        json.flag("degraded", true);
                    }
                    if let Some(message) = &seen.message {
                        json.text("message", message);
                    }
                });
            });
        }
    });
}

fn word(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}
