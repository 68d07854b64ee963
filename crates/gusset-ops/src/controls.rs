//! What a viewer can do in a section: filter its rows, change a setting, run a task.
//!
//! A filter works without scripts too: it is a form whose response is the data. What changes something needs the
//! script, because a form cannot send a token.

use std::fmt::Write as _;

use crate::html::escape;
#[cfg(feature = "incident")]
use crate::query::{OUTCOMES, SEVERITIES};
use crate::settings::{DEFAULT_SECONDS, MAX_SECONDS};
use crate::shared::Shared;

/// The task whose button is in the section of incidents.
const CAPTURE: &str = "capture-incident";

/// Writes the controls of a section, if it has any.
pub(crate) fn write(page: &mut String, shared: &Shared, section: &str) {
    let start = page.len();
    page.push_str("<div class=\"controls\">");
    let empty = page.len();
    match section {
        #[cfg(feature = "incident")]
        "calls" => calls(page),
        #[cfg(feature = "incident")]
        "log" => log(page),
        "settings" => {
            let settings = shared.settings.iter();
            settings.for_each(|setting| setting_form(page, setting.name()));
        }
        "tasks" => {
            let is_elsewhere = |name| name == CAPTURE && shared.has_incidents();
            let others = shared
                .tasks
                .iter()
                .filter(|task| !is_elsewhere(task.name()));
            others.for_each(|task| button(page, task.name(), "Run"));
        }
        "incidents" if shared.tasks.iter().any(|task| task.name() == CAPTURE) => {
            button(page, CAPTURE, "Capture now:");
        }
        _ => {}
    }
    match page.len() == empty {
        true => page.truncate(start),
        false => page.push_str("</div>"),
    }
}

#[cfg(feature = "incident")]
fn calls(page: &mut String) {
    page.push_str(
        "<form data-filter=\"calls\" action=\"ops/api/calls\">\
         <label>Route <input id=\"calls-route\" name=\"route\" type=\"search\" autocomplete=\"off\"></label>\
         <label>Outcome <select id=\"calls-outcome\" name=\"outcome\"><option value=\"\">all</option>",
    );
    for outcome in OUTCOMES {
        let _ = write!(page, "<option>{outcome}</option>");
    }
    page.push_str(
        "</select></label>\
         <label>Slower than, ms <input id=\"calls-slower-than\" name=\"slower_than\" type=\"number\" min=\"0\"></label>\
         <label>Trace id <input id=\"calls-trace-id\" name=\"trace_id\" type=\"search\" autocomplete=\"off\"></label>\
         <button>Filter calls</button></form>",
    );
}

#[cfg(feature = "incident")]
fn log(page: &mut String) {
    page.push_str(
        "<form data-filter=\"log\" action=\"ops/api/log\">\
         <label>Severity at least <select id=\"log-severity\" name=\"severity\"><option value=\"\">all</option>",
    );
    for severity in SEVERITIES {
        let _ = write!(page, "<option>{}</option>", severity.as_str());
    }
    page.push_str(
        "</select></label>\
         <label>Text <input id=\"log-text\" name=\"text\" type=\"search\" autocomplete=\"off\"></label>\
         <label>Trace id <input id=\"log-trace-id\" name=\"trace_id\" type=\"search\" autocomplete=\"off\"></label>\
         <button>Filter log</button></form>",
    );
}

fn setting_form(page: &mut String, name: &str) {
    let name = escape(name);
    let _ = write!(
        page,
        "<form data-script data-setting=\"{name}\" hidden>\
         <label>{name} <input id=\"setting-{name}\" name=\"value\" required autocomplete=\"off\"></label>\
         <label>Seconds <input id=\"setting-{name}-seconds\" name=\"seconds\" type=\"number\" min=\"1\" max=\"{MAX_SECONDS}\" value=\"{DEFAULT_SECONDS}\"></label>\
         <button>Set {name}</button>\
         <button type=\"button\" data-revert=\"{name}\">Revert {name}</button></form>"
    );
}

fn button(page: &mut String, task: &str, verb: &str) {
    let task = escape(task);
    let _ = write!(
        page,
        "<button type=\"button\" id=\"task-{task}\" data-script data-task=\"{task}\" hidden>{verb} {task}</button>"
    );
}
