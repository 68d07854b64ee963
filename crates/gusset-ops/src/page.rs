//! The document.

use std::fmt::Write as _;

use crate::controls;
use crate::html::{self, escape};
use crate::shared::{Section, Shared};

const SCRIPT: &str = include_str!("page/page.js");
const STYLE: &str = include_str!("page/page.css");

/// Shows an incident report.
const DIALOG: &str = "<dialog id=\"report\" aria-labelledby=\"report-title\"><h2 id=\"report-title\"></h2>\
    <pre tabindex=\"0\"></pre><button type=\"button\" id=\"close-report\">Close</button></dialog>";

/// What a browser may load and run: the script and the style of the document, by their hashes, and data of this
/// server. (Content Security Policy Level 3.)
pub(crate) const POLICY: &str = concat!(
    "default-src 'none'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; ",
    "script-src 'sha256-KdS0xBMSPL6Atu2lvLLjFwyig9x1IFIesXBBfrT9nd0='; style-src 'sha256-cx3/tm+TF/vC99c0p50zWiNfkLDBTtNBOWLFOYLSJwM='",
);

/// Returns the document with these sections.
pub(crate) fn document(shared: &Shared, sections: &[Section]) -> String {
    let title = escape(&shared.service);
    let mut page = String::with_capacity(64 * 1024);
    let _ = write!(
        page,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"referrer\" content=\"no-referrer\"><style>{STYLE}</style></head><body>\
         <header><h1>{title}</h1><p id=\"state\" role=\"status\">as of the request</p>\
         <p id=\"result\" role=\"status\"></p>\
         <label>Search <input id=\"search\" type=\"search\" autocomplete=\"off\"></label></header>"
    );
    navigation(&mut page, shared, sections);
    page.push_str("<main>");
    for section in sections {
        let (id, title) = (escape(&section.id), escape(&section.title));
        let _ = write!(
            page,
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\"><h2 id=\"{id}-title\">{title}</h2>"
        );
        controls::write(&mut page, shared, &section.id);
        page.push_str("<div class=\"content\">");
        content(&mut page, section);
        page.push_str("</div></section>");
    }
    let _ = write!(
        page,
        "</main>{DIALOG}<script>{SCRIPT}</script></body></html>"
    );
    page
}

/// Writes what a section shows, which changes while the page is open.
pub(crate) fn content(page: &mut String, section: &Section) {
    if !section.charts.is_empty() {
        page.push_str("<div class=\"charts\">");
        section.charts.iter().for_each(|chart| chart.write(page));
        page.push_str("</div>");
    }
    html::write(page, &section.state);
}

/// Returns the document for a client without the token: it has a field for one, and shows nothing.
pub(crate) fn login() -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Operations</title>\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head><body>\
         <header><h1>Operations</h1><p id=\"state\" role=\"status\">A bearer token is required.</p>\
         <label>Token <input id=\"token\" type=\"password\" autocomplete=\"off\"></label></header>\
         <main></main>{DIALOG}<script>{SCRIPT}</script></body></html>"
    )
}

fn navigation(page: &mut String, shared: &Shared, sections: &[Section]) {
    page.push_str("<nav><ul>");
    for section in sections {
        let (id, title) = (escape(&section.id), escape(&section.title));
        let _ = write!(page, "<li><a href=\"#{id}\">{title}</a></li>");
    }
    for (title, url) in &shared.links {
        let (title, url) = (escape(title), escape(url));
        let _ = write!(
            page,
            "<li><a href=\"{url}\" rel=\"noreferrer\">{title}</a></li>"
        );
    }
    page.push_str("</ul></nav>");
}
