//! Types that a management server cannot serve.

use gusset_admin::ManagementServer;

struct Config;

fn main() {
    let _ = ManagementServer::builder().mount(Config);
    let _ = ManagementServer::builder().route("/config", Config);
}
