//! Dashboards for Grafana, in its classic JSON.

mod json;
mod overview;
mod panel;
mod service;

use crate::ServiceLevels;
use crate::promql::Selector;

pub(crate) use self::panel::Panel;
use self::panel::Section;

/// A dashboard of Grafana, with the ids of its panels the same in each version.
#[derive(Clone, Debug)]
pub struct Dashboard {
    uid: String,
    title: String,
    variables: Vec<Variable>,
    sections: Vec<Section>,
}

/// A variable that a reader of the dashboard chooses from the values of a label.
#[derive(Clone, Debug)]
struct Variable {
    name: &'static str,
    label: &'static str,
    query: String,
}

impl ServiceLevels {
    /// Returns the dashboard of the service: golden signals by route first, then objectives and ranges,
    /// outcomes, saturation, breakers, health, dependencies, runtime and host.
    ///
    /// It has panels for the metrics of the catalogue.
    ///
    /// ```
    /// let levels = gusset_slo::ServiceLevels::builder("shop").build()?;
    /// let json = levels.service_dashboard().to_json();
    /// assert!(json.contains("http_server_request_duration_seconds_bucket"));
    /// # Ok::<(), gusset_slo::ConfigError>(())
    /// ```
    pub fn service_dashboard(&self) -> Dashboard {
        service::dashboard(self)
    }

    /// Returns the dashboard of all services and their instances: their number, CPU, memory, volume of
    /// responses and processing time.
    pub fn overview_dashboard(&self) -> Dashboard {
        overview::dashboard(self)
    }
}

// === impl Dashboard ===

impl Dashboard {
    fn new(uid: &str, title: String, variables: Vec<Variable>, sections: Vec<Section>) -> Self {
        Self {
            uid: short_uid(uid),
            title,
            variables,
            // A section for metrics that the service does not have.
            sections: sections
                .into_iter()
                .filter(|section| !section.panels.is_empty())
                .collect(),
        }
    }

    /// Returns the dashboard as JSON, for Grafana's import, provisioning or API.
    pub fn to_json(&self) -> String {
        json::text(self)
    }

    /// Returns the title and the query of each query of each panel, with the variables of Grafana.
    pub fn queries(&self) -> Vec<(String, String)> {
        let panels = self.sections.iter().flat_map(|section| &section.panels);
        panels
            .flat_map(|panel| {
                let queries = panel.queries.iter();
                queries.map(|(query, _)| (panel.title.clone(), query.clone()))
            })
            .collect()
    }
}

/// Returns an id of at most 40 characters, which is Grafana's limit.
fn short_uid(uid: &str) -> String {
    const MAX_UID: usize = 40;
    if uid.len() <= MAX_UID {
        return uid.to_owned();
    }
    // FNV-1a: the same in each build.
    let hash = uid.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}-{hash:016x}", &uid[..MAX_UID - 17])
}

/// Adds the variable `instance` to the conditions of a selector.
fn of_instances(series: Selector) -> Selector {
    series.variable("instance", "$instance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_fit_into_grafana() {
        assert_eq!(short_uid("shop-service"), "shop-service");
        let long = short_uid(&"a".repeat(70));
        assert_eq!(long.len(), 40);
        assert_ne!(long, short_uid(&"a".repeat(71)));
    }
}
