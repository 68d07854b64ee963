//! The access log keeps the contract of observers.

use gusset_log::AccessLog;
use gusset_testkit::observer_contract;

use crate::support::no_env;

observer_contract!(
    the_access_log_keeps_the_contract,
    AccessLog::server().build_with(no_env).unwrap()
);
