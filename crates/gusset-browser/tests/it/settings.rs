//! Settings are checked.

use gusset_browser::{BrowserMonitor, BrowserMonitorBuilder};

#[test]
fn invalid_setting_is_named() {
    let error = |builder: BrowserMonitorBuilder| builder.build().unwrap_err().to_string();
    let of = BrowserMonitor::builder::<Vec<String>>;
    let page = || vec!["/".to_owned()];
    let many = (0..257).map(|number| number.to_string()).collect();
    let errors = [
        error(of(Vec::new())),
        error(of(many)),
        error(of(vec![String::new()])),
        error(of(vec!["a\n".to_owned()])),
        error(of(vec!["a".repeat(201)])),
        error(of(vec!["/".to_owned(), "/".to_owned()])),
        error(of(page()).sampling_ratio(f64::NAN)),
        error(of(page()).sampling_ratio(-0.1)),
        error(of(page()).max_beacons_per_second(0)),
    ];
    let expected = [
        "`pages`: none",
        "`pages`: more than 256",
        "`pages`: one is not of 1 to 200 bytes without control characters",
        "`pages`: one is not of 1 to 200 bytes without control characters",
        "`pages`: one is not of 1 to 200 bytes without control characters",
        "`pages`: one occurs twice",
        "`sampling_ratio`: not from 0 to 1",
        "`sampling_ratio`: not from 0 to 1",
        "`max_beacons_per_second`: zero",
    ];
    assert_eq!(errors, expected);
}
