//! A headless Chromium, driven by the WebDriver protocol of ChromeDriver.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use gusset_tests::programs::{Program, TempFolder};
use serde_json::{Value, json};

/// The limit of each wait, also on a slow machine.
const TIMEOUT: Duration = Duration::from_secs(60);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The key under which WebDriver returns elements (W3C WebDriver, section 11).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Nothing but the page of the test is requested.
const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,900",
];

/// A browser with an empty profile. It ends when it is dropped.
pub(crate) struct Browser {
    session: String,
    // Dropped in this order: the profile is in use until the driver has ended.
    _driver: Program,
    _profile: TempFolder,
}

/// What differs between browsers.
#[derive(Default)]
pub(crate) struct Settings {
    pub(crate) preferences: Vec<(&'static str, Value)>,
}

// === impl Browser ===

impl Browser {
    /// Starts a browser, or prints that the test is skipped if there is none.
    pub(crate) async fn start() -> Option<Self> {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Option<Self> {
        for program in ["chromium", "chromedriver"] {
            let mut version = Command::new(program);
            version.arg("--version").stdout(Stdio::null());
            if !version.status().is_ok_and(|status| status.success()) {
                let requires = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty());
                assert!(!requires, "CI requires {program}");
                println!("SKIPPED: {program} is missing; `cargo xtask test` installs it");
                return None;
            }
        }
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let profile = TempFolder::new(&format!("chromium-{number}"));
        let name = format!("chromedriver-{number}");
        let driver = Program::start(&name, 1, |addresses, _| {
            let mut command = Command::new("chromedriver");
            command.arg(format!("--port={}", addresses[0].port()));
            command
        });
        let driver = driver.await;
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).into();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        // Without connections that the browser opens before it needs them.
        let mut preferences = json!({ "net.network_prediction_options": 2 });
        for (name, value) in settings.preferences {
            preferences[name] = value;
        }
        let options = json!({
            "binary": chromium(),
            "args": arguments,
            "prefs": preferences,
        });
        let capabilities = json!({
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        });
        let root = format!("http://{}/session", driver.addr(0));
        let capabilities = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let session = request("POST", &root, &capabilities);
        let id = session["sessionId"].as_str().expect("a session has an id");
        Some(Self {
            session: format!("{root}/{id}"),
            _driver: driver,
            _profile: profile,
        })
    }

    /// Opens a page, and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) {
        self.post("url", &json!({ "url": url }));
    }

    /// Leaves the page, as a user does.
    pub(crate) fn leave(&self) {
        self.open("about:blank");
    }

    /// Runs the body of a function in the page, and returns what it returns.
    pub(crate) fn run(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Runs the body of a function whose last argument is called with the result.
    pub(crate) fn run_async(&self, script: &str) -> Value {
        self.post("execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Runs a script until it returns something that is true, and returns that.
    #[track_caller]
    pub(crate) fn wait(&self, script: &str) -> Value {
        until(script, || {
            let value = self.run(script);
            let is_false = value.is_null() || value == false || value == "";
            (!is_false).then_some(value)
        })
    }

    /// Clicks an element with the mouse.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Confirms or dismisses the dialog of the page.
    pub(crate) fn answer(&self, confirmed: bool) {
        let answer = if confirmed { "accept" } else { "dismiss" };
        self.post(&format!("alert/{answer}"), &json!({}));
    }

    /// Enters a text into an element, as a keyboard does.
    pub(crate) fn enter(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(
            &format!("element/{element}/value"),
            &json!({ "text": text }),
        );
    }

    /// Returns what the page has written to the console since the last call, with its level.
    pub(crate) fn console(&self) -> Vec<String> {
        let entries = self.log("browser").into_iter();
        entries
            .map(|entry| format!("{} {}", entry["level"], entry["message"]))
            .collect()
    }

    /// Returns the addresses that were requested since the last call.
    pub(crate) fn requested(&self) -> Vec<String> {
        let mut urls = Vec::new();
        for entry in self.log("performance") {
            let message = entry["message"].as_str().unwrap_or_default();
            let message: Value = serde_json::from_str(message).unwrap_or_default();
            let message = &message["message"];
            if message["method"] == "Network.requestWillBeSent" {
                let url = message["params"]["request"]["url"].as_str();
                urls.push(url.unwrap_or_default().to_owned());
            }
        }
        urls
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub(crate) fn command(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("goog/cdp/execute", &body)
    }

    fn element(&self, selector: &str) -> String {
        let using = json!({ "using": "css selector", "value": selector });
        let element = self.post("element", &using);
        element[ELEMENT].as_str().expect("it was found").to_owned()
    }

    fn log(&self, kind: &str) -> Vec<Value> {
        let entries = self.post("se/log", &json!({ "type": kind }));
        entries.as_array().cloned().unwrap_or_default()
    }

    fn post(&self, command: &str, body: &Value) -> Value {
        request("POST", &format!("{}/{command}", self.session), body)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser, which is not a child of this process.
        let _ = ureq::delete(&self.session).call();
    }
}

/// Polls until there is a result.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = poll() {
            return found;
        }
        assert!(start.elapsed() < TIMEOUT, "not within {TIMEOUT:?}: {what}");
        std::thread::sleep(POLL_INTERVAL);
    }
}

/// Returns the browser itself: the one in the path may be a script, which is fine.
fn chromium() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("chromium"));
    programs
        .find(|program| program.exists())
        .expect("it was started before")
}

/// Sends a command, and returns its value. An error of the driver fails the test.
#[track_caller]
fn request(method: &str, url: &str, body: &Value) -> Value {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build();
    let agent = ureq::Agent::from(config);
    let request = http::Request::builder().method(method).uri(url);
    let request = request.header("content-type", "application/json");
    let request = request.body(body.to_string()).expect("a valid request");
    let mut response = agent.run(request).expect("the driver answers");
    let text = response.body_mut().read_to_string().expect("a text");
    let mut answer: Value = serde_json::from_str(&text).expect("JSON");
    let value = answer["value"].take();
    assert!(response.status().is_success(), "{url} {body}: {value}");
    value
}
