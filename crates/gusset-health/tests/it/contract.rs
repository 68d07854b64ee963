//! What looks at calls keeps the contract of observers.

use gusset_health::{Health, Passive};
use gusset_testkit::observer_contract;

observer_contract!(
    the_count_of_calls_under_way_keeps_the_contract,
    Health::builder().build().unwrap().in_flight()
);
observer_contract!(passive_health_keeps_the_contract, Passive::new("orders"));
