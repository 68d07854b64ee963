//! All generated files of a service.

use std::io;
use std::path::Path;

use crate::ServiceLevels;
use crate::rule_tests::RULES_FILE;

/// A generated file: its path, what is in it, and its media type.
#[derive(Clone, Debug)]
pub struct GeneratedFile {
    name: String,
    content: String,
}

impl ServiceLevels {
    /// Returns all files, the same for the same service levels.
    ///
    /// | file | for |
    /// |---|---|
    /// | `rules.yaml` | `rule_files` of Prometheus |
    /// | `rules-5m.test.yaml` and others | `promtool test rules` |
    /// | `dashboard-service.json`, `dashboard-overview.json` | Grafana |
    /// | `openslo.yaml` | tools for OpenSLO |
    /// | `runbook.md` | people |
    /// | `weaver/registry.yaml`, `weaver/manifest.yaml` | `weaver registry check -r weaver` |
    pub fn files(&self) -> Vec<GeneratedFile> {
        let tests = self.rule_tests().into_iter();
        let tests = tests.map(|(name, tests)| (name, tests.to_yaml()));
        let others = [
            ("dashboard-service.json", self.service_dashboard().to_json()),
            (
                "dashboard-overview.json",
                self.overview_dashboard().to_json(),
            ),
            ("openslo.yaml", self.openslo()),
            ("runbook.md", self.markdown()),
            // Weaver reads every YAML file of its folder as a part of the registry.
            ("weaver/registry.yaml", self.weaver_registry()),
            ("weaver/manifest.yaml", self.weaver_manifest()),
        ];
        let others = others
            .into_iter()
            .map(|(name, text)| (name.to_owned(), text));
        [(RULES_FILE.to_owned(), self.rules().to_yaml())]
            .into_iter()
            .chain(tests)
            .chain(others)
            .map(|(name, content)| GeneratedFile { name, content })
            .collect()
    }

    /// Writes all [`files`](Self::files) into a folder, which it creates.
    ///
    /// For a test or a command of the service, so that the files are reviewed and deployed with it.
    ///
    /// ```
    /// use gusset_slo::{Objective, ServiceLevels};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let levels = ServiceLevels::builder("shop").latency_budgets().build()?;
    /// let folder = std::env::temp_dir().join("gusset-slo-files");
    /// levels.write_to(&folder)?;
    /// assert!(folder.join("rules.yaml").exists());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn write_to(&self, folder: impl AsRef<Path>) -> io::Result<()> {
        let folder = folder.as_ref();
        for file in self.files() {
            let path = folder.join(&file.name);
            std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
            std::fs::write(path, file.content)?;
        }
        Ok(())
    }
}

// === impl GeneratedFile ===

impl GeneratedFile {
    /// Returns the name, with the folder of some: `rules.yaml`, `weaver/registry.yaml`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the content.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Returns the media type.
    pub fn content_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("json") => "application/json",
            Some("md") => "text/markdown; charset=utf-8",
            // RFC 9512
            _ => "application/yaml",
        }
    }
}
