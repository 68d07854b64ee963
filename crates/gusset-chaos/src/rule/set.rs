//! A set of rules.

use std::collections::BTreeSet;

use gusset_core::ConfigError;

use super::{Matcher, Rule};

/// Rules in their order: the first that hits a call decides.
///
/// Each rule counts and draws all calls that meet its conditions, also those that a rule above hits. So its decisions do
/// not depend on other rules. Two rules for the same calls with shares of a half each hit three quarters of them.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    pub(crate) rules: Vec<(Rule, Matcher)>,
}

const MAX_RULES: usize = 64;

// === impl RuleSet ===

impl RuleSet {
    /// Creates a set of at most 64 rules.
    ///
    /// # Errors
    /// If a rule is not valid, or two have the same name. The error names the rule and the setting.
    pub fn new(rules: impl IntoIterator<Item = Rule>) -> Result<Self, ConfigError> {
        let mut names = BTreeSet::new();
        let mut checked = Vec::new();
        for rule in rules {
            let matcher = rule.check()?;
            if !names.insert(rule.name.clone()) {
                let setting = format!("rules.{}.name", rule.name);
                return Err(ConfigError::new(setting, "another rule has this name"));
            }
            checked.push((rule, matcher));
            if checked.len() > MAX_RULES {
                return Err(ConfigError::new("rules", "more than 64"));
            }
        }
        Ok(Self { rules: checked })
    }

    /// Returns the rules, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().map(|(rule, _)| rule)
    }

    /// Returns the number of rules.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Returns whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Reads rules from a JSON array. Unknown keys are errors.
    ///
    /// ```
    /// use gusset_chaos::RuleSet;
    ///
    /// let rules = r#"[{
    ///     "name": "slow", "route": "/orders/{id}", "pick": {"share_ppm": 10000},
    ///     "delay": {"latency": {"distribution": "long_tail", "min_ms": 20, "shape": 1.2, "max_ms": 3000}},
    ///     "fault": {"kind": "status", "status": 503}, "fault_share_ppm": 500000
    /// }]"#;
    /// assert_eq!(RuleSet::from_json(rules)?.len(), 1);
    /// # Ok::<(), gusset_chaos::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// If the text is not such an array, or a rule is not valid.
    #[cfg(feature = "control")]
    pub fn from_json(text: &str) -> Result<Self, ConfigError> {
        let rules: Vec<Rule> =
            serde_json::from_str(text).map_err(|error| ConfigError::new("rules", error))?;
        Self::new(rules)
    }

    /// Returns the rules as a JSON array, which [`from_json`](Self::from_json) reads.
    #[cfg(feature = "control")]
    pub fn to_json(&self) -> String {
        let rules: Vec<&Rule> = self.iter().collect();
        // It does not fail: all keys are texts, and shapes are checked to be finite.
        serde_json::to_string(&rules).unwrap_or_default()
    }
}
