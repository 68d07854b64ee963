//! The manifests of `examples/deploy` are valid, and their timeouts fit together. Skipped if Python lacks
//! a module, except in CI.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use gusset::Env;
use gusset::health::{Health, PATHS};
use serde_json::{Value, json};

/// The newest version that the manifests support.
const KUBERNETES_VERSION: &str = "1.33";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy")
        .join(name)
}

/// Reads the documents of a file. Returns `None` if Python lacks a module.
fn documents(name: &str, version: &[&str]) -> Option<Vec<Value>> {
    let status = Command::new("python3")
        .args(["-c", "import kubernetes_validate, yaml"])
        .stderr(Stdio::null())
        .status();
    if !status.is_ok_and(|status| status.success()) {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI requires kubernetes-validate"
        );
        println!("skipped: kubernetes-validate is not installed");
        return None;
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy.py");
    let mut python = Command::new("python3");
    let output = python
        .arg(script)
        .arg(file(name))
        .args(version)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    Some(
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

#[test]
fn manifests_are_valid_and_their_timeouts_fit() {
    let Some(documents) = documents("shop.yaml", &[KUBERNETES_VERSION]) else {
        return;
    };
    let kinds: Vec<_> = documents.iter().map(|document| &document["kind"]).collect();
    assert_eq!(
        kinds,
        ["Secret", "Deployment", "Service", "PodDisruptionBudget"]
    );
    let [secret, deployment, service, budget] = &documents[..] else {
        panic!("{kinds:?}");
    };
    let pod = &deployment["spec"]["template"];
    let container = &pod["spec"]["containers"][0];

    // The health of the shop builds with these settings: the timeouts fit, and the token is valid.
    let grace = pod["spec"]["terminationGracePeriodSeconds"]
        .as_u64()
        .unwrap();
    let token = secret["stringData"]["token"].as_str().unwrap();
    let kubernetes_env =
        |name: &str| (name == "KUBERNETES_SERVICE_HOST").then(|| "10.0.0.1".into());
    let built = Health::builder()
        .env(Env::from_fn(&kubernetes_env))
        .termination_grace(Duration::from_secs(grace))
        .details_token(token)
        .build();
    assert!(built.is_ok(), "{built:?}");

    let ports = container["ports"].as_array().unwrap();
    let port = |name: &str| {
        let port = ports.iter().find(|port| port["name"] == name);
        port.unwrap()["containerPort"].as_u64().unwrap()
    };
    let variable = |name: &str| {
        let mut all = container["env"].as_array().unwrap().iter();
        all.find(|variable| variable["name"] == name)
            .unwrap()
            .clone()
    };
    for (env, port_name) in [("SHOP_LISTEN", "http"), ("SHOP_MANAGEMENT", "management")] {
        assert_eq!(
            variable(env)["value"],
            format!("0.0.0.0:{}", port(port_name))
        );
    }
    assert_eq!(
        variable("SHOP_TOKEN")["valueFrom"]["secretKeyRef"]["name"],
        secret["metadata"]["name"]
    );
    for (probe, path) in [
        ("startupProbe", "/startupz"),
        ("livenessProbe", "/livez"),
        ("readinessProbe", "/readyz"),
    ] {
        let get = &container[probe]["httpGet"];
        assert_eq!(get, &json!({"path": path, "port": "management"}), "{probe}");
        assert!(PATHS.contains(&path));
    }
    // No preStop hook: the shop handles SIGTERM itself.
    assert_eq!(container["lifecycle"], Value::Null);

    // All objects select the same pods, and traffic goes to the public port.
    let labels = &pod["metadata"]["labels"];
    assert_eq!(&deployment["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(&service["spec"]["selector"], labels);
    assert_eq!(&budget["spec"]["selector"]["matchLabels"], labels);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], "http");
}

#[test]
fn invalid_manifest_is_detected() {
    let Some(_) = documents("shop.yaml", &[KUBERNETES_VERSION]) else {
        return;
    };
    let wrong = std::fs::read_to_string(file("shop.yaml")).unwrap();
    let wrong = wrong.replace("periodSeconds", "periodSecond");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.yaml");
    std::fs::write(&path, wrong).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/deploy.py");
    let mut python = Command::new("python3");
    let python = python.arg(script).arg(path).arg(KUBERNETES_VERSION);
    let output = python.output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("periodSecond"));
}

#[test]
fn compose_file_fits_the_shop() {
    let Some(documents) = documents("compose.yaml", &[]) else {
        return;
    };
    let shop = &documents[0]["services"]["shop"];
    assert_eq!(
        shop["healthcheck"]["test"],
        json!(["CMD", "shop", "--health"])
    );
    for time in ["interval", "timeout", "start_period"] {
        let time = shop["healthcheck"][time].as_str().unwrap();
        assert!(
            time.strip_suffix('s')
                .is_some_and(|seconds| seconds.parse::<u32>().is_ok()),
            "{time}"
        );
    }
    // The default grace period of gusset-health.
    assert_eq!(shop["stop_grace_period"], "30s");
    assert_eq!(shop["build"]["dockerfile"], "examples/deploy/Dockerfile");
    assert_eq!(shop["build"]["context"], "../..");
}

#[test]
fn dockerfile_builds_and_starts_the_shop() {
    let text = std::fs::read_to_string(file("Dockerfile")).unwrap();
    let package = env!("CARGO_PKG_NAME");
    let build = format!("cargo build --release --locked --package {package} --example shop");
    assert!(text.contains(&build));
    assert!(
        text.contains("COPY --from=build /src/target/release/examples/shop /usr/local/bin/shop\n")
    );
    assert!(text.contains("\nENTRYPOINT [\"shop\"]\n"));
    assert!(text.contains("CMD [\"shop\", \"--health\"]\n"));
    let user = text.lines().find_map(|line| line.strip_prefix("USER "));
    assert!(user.is_some_and(|user| user.parse::<u32>().is_ok_and(|user| user > 0)));
}
