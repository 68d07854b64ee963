//! Grafana's classic JSON of a dashboard.
//!
//! The fields are those of Grafana's schema "dashboard", version 39; what is missing has a default there.
//! Structures and not a map, so that the order of the fields does not depend on features of serde_json.

use serde::Serialize;

use super::panel::Section;
use super::{Dashboard, Panel};

const SCHEMA_VERSION: u32 = 39;
/// The width of the grid, and of the panels of which two are in a line.
const GRID_WIDTH: u32 = 24;
const PANEL_WIDTH: u32 = 12;
const PANEL_HEIGHT: u32 = 8;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Model<'a> {
    uid: &'a str,
    title: &'a str,
    tags: [&'static str; 1],
    schema_version: u32,
    version: u32,
    editable: bool,
    graph_tooltip: u32,
    timezone: &'static str,
    refresh: &'static str,
    time: Time,
    templating: List<VariableModel>,
    annotations: List<Annotation>,
    panels: Vec<PanelModel<'a>>,
}

#[derive(Serialize)]
struct Time {
    from: &'static str,
    to: &'static str,
}

#[derive(Serialize)]
struct List<T> {
    list: Vec<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VariableModel {
    name: &'static str,
    label: &'static str,
    #[serde(rename = "type")]
    kind: &'static str,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    datasource: Option<Source>,
    include_all: bool,
    multi: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_value: Option<&'static str>,
    refresh: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Current>,
}

#[derive(Serialize)]
struct Current {
    text: &'static str,
    value: &'static str,
}

#[derive(Clone, Copy, Serialize)]
struct Source {
    #[serde(rename = "type")]
    kind: &'static str,
    uid: &'static str,
}

const PROMETHEUS: Source = Source {
    kind: "prometheus",
    uid: "${datasource}",
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Annotation {
    name: &'static str,
    datasource: Source,
    enable: bool,
    icon_color: &'static str,
    expr: String,
    title_format: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PanelModel<'a> {
    id: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    grid_pos: Position,
    #[serde(skip_serializing_if = "Option::is_none")]
    collapsed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    datasource: Option<Source>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field_config: Option<FieldConfig>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    targets: Vec<Target<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    panels: Option<[(); 0]>,
}

#[derive(Serialize)]
struct Position {
    h: u32,
    w: u32,
    x: u32,
    y: u32,
}

#[derive(Serialize)]
struct FieldConfig {
    defaults: Defaults,
    overrides: [(); 0],
}

#[derive(Serialize)]
struct Defaults {
    unit: &'static str,
    min: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Target<'a> {
    ref_id: String,
    datasource: Source,
    expr: &'a str,
    legend_format: &'a str,
    range: bool,
}

/// Returns the text of a dashboard.
pub(super) fn text(dashboard: &Dashboard) -> String {
    let model = Model::new(dashboard);
    let mut text = serde_json::to_string_pretty(&model).expect("maps have strings as keys");
    text.push('\n');
    text
}

// === impl Model ===

impl<'a> Model<'a> {
    fn new(dashboard: &'a Dashboard) -> Self {
        let Dashboard {
            uid,
            title,
            variables,
            sections,
        } = dashboard;
        let source = VariableModel {
            name: "datasource",
            label: "Data source",
            kind: "datasource",
            query: "prometheus".to_owned(),
            datasource: None,
            include_all: false,
            multi: false,
            all_value: None,
            refresh: 1,
            current: None,
        };
        let variables = variables.iter().map(|variable| VariableModel {
            name: variable.name,
            label: variable.label,
            kind: "query",
            query: variable.query.clone(),
            datasource: Some(PROMETHEUS),
            include_all: true,
            multi: true,
            all_value: Some(".*"),
            refresh: 2,
            current: Some(Current {
                text: "All",
                value: "$__all",
            }),
        });
        Self {
            uid,
            title,
            tags: ["gusset"],
            schema_version: SCHEMA_VERSION,
            version: 1,
            editable: true,
            graph_tooltip: 1,
            timezone: "browser",
            refresh: "30s",
            time: Time {
                from: "now-1h",
                to: "now",
            },
            templating: List {
                list: [source].into_iter().chain(variables).collect(),
            },
            annotations: List {
                list: vec![Annotation {
                    name: "Versions",
                    datasource: PROMETHEUS,
                    enable: true,
                    icon_color: "blue",
                    // A new instance or version is a new series.
                    expr: "count by (job, instance, service_version) (target_info) unless count by (job, \
                           instance, service_version) (target_info offset 5m)"
                        .to_owned(),
                    title_format: "{{job}} {{service_version}}",
                }],
            },
            panels: panels(sections),
        }
    }
}

/// Places the panels of each section below its heading.
fn panels(sections: &[Section]) -> Vec<PanelModel<'_>> {
    let mut models = Vec::new();
    let (mut id, mut y) = (1, 0);
    for section in sections {
        models.push(PanelModel::heading(id, y, section.title));
        id += 1;
        y += 1;
        for line in section.panels.chunks((GRID_WIDTH / PANEL_WIDTH) as usize) {
            for (x, panel) in (0..).step_by(PANEL_WIDTH as usize).zip(line) {
                models.push(PanelModel::new(id, (x, y), panel));
                id += 1;
            }
            y += PANEL_HEIGHT;
        }
    }
    models
}

// === impl PanelModel ===

impl<'a> PanelModel<'a> {
    fn heading(id: u32, y: u32, title: &'a str) -> Self {
        Self {
            id,
            kind: "row",
            title,
            description: "",
            grid_pos: Position {
                h: 1,
                w: GRID_WIDTH,
                x: 0,
                y,
            },
            collapsed: Some(false),
            datasource: None,
            field_config: None,
            targets: Vec::new(),
            panels: Some([]),
        }
    }

    fn new(id: u32, (x, y): (u32, u32), panel: &'a Panel) -> Self {
        let targets = ('A'..='Z').zip(&panel.queries);
        Self {
            id,
            kind: "timeseries",
            title: &panel.title,
            description: &panel.description,
            grid_pos: Position {
                h: PANEL_HEIGHT,
                w: PANEL_WIDTH,
                x,
                y,
            },
            collapsed: None,
            datasource: Some(PROMETHEUS),
            field_config: Some(FieldConfig {
                defaults: Defaults {
                    unit: panel.unit,
                    min: 0,
                },
                overrides: [],
            }),
            targets: targets
                .map(|(id, (expr, legend))| Target {
                    ref_id: id.to_string(),
                    datasource: PROMETHEUS,
                    expr,
                    legend_format: legend,
                    range: true,
                })
                .collect(),
            panels: None,
        }
    }
}
