//! The contract of observers.

use gusset_log::AccessLog;
use gusset_testkit::observer_contract;

use crate::support::no_env;

observer_contract!(
    access_log_fulfils_observer_contract,
    AccessLog::server().build_with(no_env).unwrap()
);
