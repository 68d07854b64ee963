//! Checks that the modules of a crate do not depend on each other in a circle.
//!
//! Compares modules of one level: the modules of a crate, and the sub-modules of a module. What a
//! sub-module uses counts for its module too. A module and its own sub-modules may use each other.
//! Test modules may use everything. A name that a parent re-exports counts as a use of the module
//! that defines it.

mod graph;
mod source;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use self::graph::Graph;
use self::source::{Reference, Source};
use crate::Result;
use crate::steps::print_line;
use crate::workspace::Workspace;

/// The path of a module from the root of its crate.
type ModulePath = Vec<String>;

/// How many re-exports of re-exports are followed. Protects against names that re-export each other.
const MAX_REEXPORTS: usize = 16;

/// Circles that are allowed, by package: modules that define each other's terms, each in a file for
/// its length only. Reasons are in `docs/design.md`.
const ALLOWED: &[(&str, &[&str])] = &[
    // A protocol names the tracker and the end of its calls; they are generic over the protocol.
    (
        "gusset-core",
        &[
            "active_call",
            "call_state",
            "contained_classifier",
            "context",
            "end",
            "observer",
            "poll_guard",
            "protocol",
            "start_once",
            "tracker",
        ],
    ),
    // The protocols classify and wrap what is described in terms of the protocol.
    (
        "gusset-http",
        &[
            "attributes",
            "body",
            "classify",
            "client_ip",
            "grpc",
            "grpc_content",
            "heads",
            "protocol",
            "request_key",
            "route",
        ],
    ),
];

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut count = 0;
    for package in &workspace.packages {
        let mut modules = Modules::default();
        modules.read(&package.folder().join("src"), &[])?;
        for circle in modules.circles(allowed(&package.name)) {
            print_line(format_args!("{}: {circle}", package.name));
            count += 1;
        }
    }
    match count {
        0 => Ok(()),
        1 => Err("1 circle of modules".into()),
        _ => Err(format!("{count} circles of modules").into()),
    }
}

fn allowed(package: &str) -> &'static [&'static str] {
    let mut all = ALLOWED.iter();
    all.find(|(name, _)| *name == package)
        .map_or(&[], |(_, modules)| modules)
}

/// The modules of a crate with what they use.
#[derive(Default)]
struct Modules {
    known: BTreeSet<ModulePath>,
    tests: BTreeSet<ModulePath>,
    /// The names that a module imports or re-exports, and the path of each.
    imports: BTreeMap<ModulePath, BTreeMap<String, Vec<String>>>,
    references: Vec<(ModulePath, Vec<String>, String)>,
}

// === impl Modules ===

impl Modules {
    /// Reads all files of a folder, which contains the sub-modules of `parent`.
    fn read(&mut self, folder: &Path, parent: &[String]) -> Result<()> {
        let Ok(entries) = fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries {
            let path = entry?.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let mut module = parent.to_vec();
            if path.is_dir() {
                // Programs are crates of their own.
                if !(parent.is_empty() && stem == "bin") {
                    module.push(stem.into_owned());
                    self.read(&path, &module)?;
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let is_root = parent.is_empty() && matches!(&*stem, "lib" | "main");
                if !is_root && stem != "mod" {
                    module.push(stem.into_owned());
                }
                let text = fs::read_to_string(&path)?;
                self.add(&module, &path.display().to_string(), &text);
            }
        }
        Ok(())
    }

    /// Adds the source of a module. Its name in reports is `file`.
    fn add(&mut self, module: &[String], file: &str, text: &str) {
        let Source {
            modules,
            tests,
            references,
        } = source::parse(text, module);
        self.known.insert(module.to_vec());
        self.known.extend(modules);
        self.tests.extend(tests);
        for Reference {
            from,
            path,
            name,
            line,
        } in references
        {
            if let Some(name) = name {
                let imports = self.imports.entry(from.clone()).or_default();
                imports.insert(name, path.clone());
            }
            self.references.push((from, path, format!("{file}:{line}")));
        }
    }

    /// Returns a description of each circle.
    fn circles(&self, allowed: &[&str]) -> Vec<String> {
        let mut levels: BTreeMap<ModulePath, Graph> = BTreeMap::new();
        for (from, path, place) in &self.references {
            if self.is_test(from) {
                continue;
            }
            let target = self.resolve(path, 0);
            let common = from.iter().zip(&target).take_while(|(a, b)| a == b).count();
            if let (Some(user), Some(used)) = (from.get(common), target.get(common)) {
                let level = levels.entry(from[..common].to_vec()).or_default();
                level.add(user, used, place);
            }
        }
        levels
            .iter()
            .flat_map(|(level, graph)| {
                graph.circles(
                    &level.join("::"),
                    if level.is_empty() { allowed } else { &[] },
                )
            })
            .collect()
    }

    fn is_test(&self, module: &[String]) -> bool {
        (1..=module.len()).any(|len| self.tests.contains(&module[..len]))
    }

    /// Returns the module that a path leads to.
    fn resolve(&self, path: &[String], depth: usize) -> ModulePath {
        let mut module = ModulePath::new();
        for (at, segment) in path.iter().enumerate() {
            module.push(segment.clone());
            if self.known.contains(&module) {
                continue;
            }
            module.pop();
            let imports = self.imports.get(&module);
            if let Some(import) = imports.and_then(|imports| imports.get(segment)) {
                let mut path_of_import = import.clone();
                path_of_import.extend_from_slice(&path[at + 1..]);
                if depth < MAX_REEXPORTS && path_of_import != path {
                    return self.resolve(&path_of_import, depth + 1);
                }
            }
            break;
        }
        module
    }
}
