//! A service reads settings from its own file.

#![allow(clippy::unwrap_used, reason = "also in helpers of tests")]

mod breakers;
mod effects;
mod errors;
mod printing;

use gusset::{Config, Error, Gusset};

fn toml(text: &str) -> Config {
    toml::from_str(text).unwrap_or_else(|error| panic!("{error}"))
}

fn build(text: &str, variables: &[(&str, &str)]) -> Result<Gusset, Error> {
    gusset::builder()
        .config(toml(text))
        .without_health()
        .build_with(env(variables))
}

/// Returns an environment with these variables.
fn env(variables: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    move |name| {
        let mut variables = variables.iter();
        let found = variables.find(|(key, _)| key == name);
        found.map(|(_, value)| value.clone())
    }
}

/// A file with a setting of each kind.
const EVERY_KIND: &str = r#"
service_name = "shop \"x\""
propagators = ["b3", "baggage"]
flush_deadline = "1m 30s"
attribute_count_limit = 64

[resource]
"deployment.environment.name" = "a,b=c%"
plain = "größe"

[logs]
format = "pretty"
filter = "warn,shop=debug"
source_location = true

[logs.batch]
max_queue_size = 100

[traces]
sampler = "parentbased_traceidratio"
sampler_ratio = 0.25
trust = "new_trace"

[metrics]
exporters = ["otlp", "prometheus"]
export_interval = "15s"

[metrics.views."http.server.*"]
remove_labels = ["url.scheme"]

[metrics.views.age]
rename = "ages"
buckets = [0.5, 1.0, 2.5]

[otlp]
protocol = "http/json"
timeout = "500ms"

[management]
port = 0

[health]
termination_grace = "2m"

[http]
exclude_paths = ["/internal/*"]
trusted_proxies = ["10.0.0.0/8"]

[breakers.default]
open_duration = "2s"

[breakers."pay ments"]
base = "third_party"
failure_rate_threshold = 0.75
"#;
