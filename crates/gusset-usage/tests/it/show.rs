//! What is shown of the state.

use gusset_data::{Redaction, ShowState};
use gusset_usage::FailureReason;

use crate::support::{client, request, scene};

#[test]
fn state_has_visitors_pages_and_sign_ins() {
    let scene = scene();
    (0..3).for_each(|_| scene.visit(client(1), "/items/{id}"));
    scene.visit(client(1), "/basket");
    scene.call(request(client(9), Some("curl/8.5.0"), Some("/basket")));
    let expected = "\
calls_under_way: 0
visitors:
  -
    last: hour
    visitors: 1
    new: 1
    returning: 0
    calls: 4
    calls_of_bots: 1
  -
    last: day
    visitors: 1
    new: 1
    returning: 0
    calls: 4
    calls_of_bots: 1
pages:
  -
    page: /items/{id}
    last_hour: 3
    last_day: 3
    bots_last_day: 0
  -
    page: /basket
    last_hour: 1
    last_day: 1
    bots_last_day: 1
";
    assert_eq!(scene.usage.show_state().to_string(), expected);

    let sign_ins = scene.usage.sign_ins();
    sign_ins.failure("ada", client(1), FailureReason::WrongCredentials);
    sign_ins.success("ada", client(1));
    let account = sign_ins.report().accounts[0].hash.clone();
    let client = sign_ins.report().clients[0].hash.clone();
    let expected = format!(
        "{expected}sign_ins:
  successes: 1
  failures: 1
  reasons:
    -
      reason: wrong_credentials
      failures: 1
  accounts:
    -
      hash: {account}
      failures: 1
      successes: 1
  clients:
    -
      hash: {client}
      failures: 1
      successes: 1
"
    );
    let state = scene.usage.show_state();
    assert_eq!(state.to_string(), expected);
    let shown = state.redacted(&Redaction::default());
    assert_eq!(shown.to_string(), expected, "nothing of it is secret");
}
