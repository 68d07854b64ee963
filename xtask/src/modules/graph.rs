//! The modules of one level, and which uses which.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Graph {
    /// The used modules of each module, with the lines that use them.
    uses: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

// === impl Graph ===

impl Graph {
    pub(super) fn add(&mut self, user: &str, used: &str, line: &str) {
        let uses = self.uses.entry(user.to_owned()).or_default();
        let lines = uses.entry(used.to_owned()).or_default();
        lines.insert(line.to_owned());
    }

    /// Returns a description of each group of modules that use each other in a circle, unless all of
    /// them are `allowed` to.
    pub(super) fn circles(&self, level: &str, allowed: &[&str]) -> Vec<String> {
        let mut circles = Vec::new();
        let mut done = BTreeSet::new();
        for module in self.uses.keys() {
            let reachable = self.reachable(module);
            let circle: BTreeSet<&str> = reachable
                .iter()
                .copied()
                .filter(|other| self.reachable(other).contains(module.as_str()))
                .collect();
            if !circle.is_empty() && !done.contains(module.as_str()) {
                if !circle.iter().all(|module| allowed.contains(module)) {
                    circles.push(self.describe(level, &circle));
                }
                done.extend(circle);
            }
        }
        circles
    }

    /// Returns the modules that a module uses, directly or not. It is among them in a circle.
    fn reachable(&self, module: &str) -> BTreeSet<&str> {
        let mut reachable = BTreeSet::new();
        let mut open: Vec<&str> = vec![module];
        while let Some(module) = open.pop() {
            for used in self.uses.get(module).into_iter().flat_map(BTreeMap::keys) {
                if reachable.insert(used.as_str()) {
                    open.push(used);
                }
            }
        }
        reachable
    }

    fn describe(&self, level: &str, circle: &BTreeSet<&str>) -> String {
        let names: Vec<&str> = circle.iter().copied().collect();
        let mut text = match level {
            "" => format!("modules {} form a circle", names.join(", ")),
            level => format!("modules {} of `{level}` form a circle", names.join(", ")),
        };
        for user in circle {
            let uses = self.uses.get(*user).into_iter().flatten();
            for (used, lines) in uses.filter(|(used, _)| circle.contains(used.as_str())) {
                let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
                text.push_str(&format!("\n    {user} uses {used}: {}", lines.join(", ")));
            }
        }
        text
    }
}
