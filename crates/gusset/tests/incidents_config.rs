//! The settings of incident reports in a file.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

use gusset::config::Source;
use gusset::incident::{Directory, Trigger};
use gusset::{Error, Gusset};

/// Builds a service with a section of a file and environment variables.
fn build(section: &str, env: &[(&str, &str)]) -> Result<Gusset, Error> {
    let file = format!("[incidents]\n{section}");
    let builder = gusset::builder().config(toml::from_str(&file).unwrap());
    let lookup = |name: &str| {
        let mut env = env.iter();
        env.find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    builder.without_health().build_with(lookup)
}

#[test]
fn folder_of_the_file_has_the_reports_and_its_limit() {
    let folder = tempfile::tempdir().unwrap();
    let section = format!("directory = {:?}\nmax_reports = 1", folder.path());
    let gusset = build(&section, &[]).unwrap();
    let incidents = gusset.incidents().unwrap();
    for _ in 0..2 {
        incidents.capture(Trigger::Manual, "test").unwrap();
    }
    assert_eq!(Directory::new(folder.path()).stored().len(), 1);
    assert_eq!(
        gusset.config().source("incidents.max_reports"),
        &Source::File
    );
}

#[test]
fn variable_overrides_the_folder_of_the_file_and_code_both() {
    let [of_file, of_env, of_code] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let section = format!("directory = {:?}", of_file.path());
    let variable = ("GUSSET_INCIDENT_DIRECTORY", of_env.path().to_str().unwrap());
    let count = |folder: &tempfile::TempDir| Directory::new(folder.path()).stored().len();
    let capture = |gusset: Gusset| {
        let incidents = gusset.incidents().unwrap();
        incidents.capture(Trigger::Manual, "test").unwrap();
    };
    capture(build(&section, &[variable]).unwrap());
    assert_eq!([&of_file, &of_env, &of_code].map(count), [0, 1, 0]);
    let file = format!("[incidents]\n{section}");
    let builder = gusset::builder().config(toml::from_str(&file).unwrap());
    let builder = builder.incidents(of_code.path()).without_health();
    let gusset = builder.build_with(|_| None).unwrap();
    assert_eq!(gusset.config().source("incidents.directory"), &Source::Code);
    capture(gusset);
    assert_eq!([&of_file, &of_env, &of_code].map(count), [0, 1, 1]);
}

#[test]
fn invalid_setting_is_an_error_with_its_path() {
    for (section, setting) in [
        ("max_memory_bytes = 1000", "incidents.max_memory_bytes"),
        ("max_reports = 0", "incidents.max_reports"),
        ("budget = '10ms'", "incidents.budget"),
    ] {
        let error = build(section, &[]).unwrap_err();
        assert_eq!(error.setting(), Some(setting));
    }
    let unknown = toml::from_str::<gusset::Config>("[incidents]\nfolder = 'x'").unwrap_err();
    assert!(
        unknown.to_string().contains("`incidents.folder`"),
        "{unknown}"
    );
}

#[test]
fn limits_of_time_apply_below_code() {
    let folder = tempfile::tempdir().unwrap();
    let section = format!("directory = {:?}\nbudget = '1s'", folder.path());
    let of_file = build(&section, &[]).unwrap();
    let budget = |gusset: &Gusset| gusset.incidents().unwrap().budget();
    assert_eq!(budget(&of_file), std::time::Duration::from_secs(1));
    let file = format!("[incidents]\n{section}");
    let builder = gusset::builder().config(toml::from_str(&file).unwrap());
    let builder = builder.configure_incidents(|it| it.budget(std::time::Duration::from_secs(2)));
    let of_code = builder.without_health().build_with(|_| None).unwrap();
    assert_eq!(budget(&of_code), std::time::Duration::from_secs(2));
}
