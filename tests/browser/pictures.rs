//! The pictures of the operations page in `docs/`.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use serde_json::json;

use crate::operations::set_scheme;
use crate::operations_site::Service;
use crate::webdriver::Browser;

const MAX_BYTES: usize = 60 * 1024;
/// Writes the pictures instead of only taking them.
const WRITE: &str = "GUSSET_WRITE_PICTURES";

#[tokio::test(flavor = "multi_thread")]
async fn pictures_of_the_page_are_small() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let Some(browser) = Browser::start().await else {
        return;
    };
    let service = Service::start();
    for scheme in ["light", "dark"] {
        set_scheme(&browser, scheme);
        browser.open(&service.url());
        browser.wait("return document.querySelector('[role=status]').textContent.includes('live')");
        let clip = json!({ "x": 0, "y": 0, "width": 1100, "height": 620, "scale": 0.75 });
        let metrics =
            json!({ "width": 1100, "height": 620, "deviceScaleFactor": 1, "mobile": false });
        browser.command("Emulation.setDeviceMetricsOverride", &metrics);
        let taken = browser.command(
            "Page.captureScreenshot",
            &json!({ "format": "png", "clip": clip }),
        );
        let picture =
            base64::engine::general_purpose::STANDARD.decode(taken["data"].as_str().unwrap());
        let picture = picture.unwrap();
        let file = folder.join(format!("operations-{scheme}.png"));
        if std::env::var_os(WRITE).is_some() {
            fs::write(&file, &picture).unwrap();
        }
        let size = fs::metadata(&file).unwrap().len();
        for bytes in [picture.len(), usize::try_from(size).unwrap()] {
            assert!(bytes <= MAX_BYTES, "{scheme}: {bytes} bytes");
        }
    }
}
