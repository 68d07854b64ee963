//! promtool accepts the rules, and the tests of the rules pass: and fail, if a rule is changed.

use std::path::Path;
use std::process::Command;

use gusset_tests::programs::{TempFolder, find};

use crate::levels::levels;

/// Runs promtool in a folder. Returns its output, and whether it succeeded.
fn promtool(program: &Path, folder: &TempFolder, args: &[&str]) -> (bool, String) {
    let mut command = Command::new(program);
    let output = command
        .args(args)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

fn written(name: &str) -> TempFolder {
    let folder = TempFolder::new(name);
    levels().write_to(folder.path()).unwrap();
    folder
}

#[test]
fn rules_are_valid() {
    let Some(program) = find("PROMTOOL", "promtool") else {
        return;
    };
    let folder = written("slo-check");
    let (success, output) = promtool(&program, &folder, &["check", "rules", "rules.yaml"]);
    assert!(success, "{output}");
    assert!(output.contains("SUCCESS"), "{output}");
}

#[test]
fn tests_of_the_rules_pass() {
    let Some(program) = find("PROMTOOL", "promtool") else {
        return;
    };
    let folder = written("slo-test");
    let tests = levels().rule_tests();
    assert!(
        tests.len() >= 4,
        "objectives, tickets, ranges and the others"
    );
    for (name, _) in tests {
        let (success, output) = promtool(&program, &folder, &["test", "rules", &name]);
        assert!(success, "{name}: {output}");
    }
}

/// A change of the rules, and the cases that have to fail then.
struct Mutation {
    name: &'static str,
    from: &'static str,
    to: &'static str,
    test: &'static str,
    /// The beginning of the name of the test that fails.
    fails: &'static str,
}

const PAGES: &str = "rules-5m.test.yaml";
const TICKETS: &str = "rules-2h.test.yaml";
const RANGES: &str = "rules-10s.test.yaml";
const STANDARD: &str = "rules-1m.test.yaml";

const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "factor of the first pair is raised",
        from: "> (14.4 * 0.001)",
        to: "> (20 * 0.001)",
        test: PAGES,
        fails: "OrdersErrorBudgetBurnFast: fires within the long window",
    },
    Mutation {
        name: "factor of the second pair is raised",
        from: "> (6 * 0.001)",
        to: "> (8 * 0.001)",
        test: PAGES,
        fails: "OrdersErrorBudgetBurnFast: fires while it burns",
    },
    Mutation {
        name: "factor of a ticket is lowered",
        from: "> (1 * 0.001)",
        to: "> (0.8 * 0.001)",
        test: TICKETS,
        fails: "OrdersErrorBudgetBurnSlow: quiet below",
    },
    Mutation {
        name: "traffic gate of a page is dropped",
        from: "  and slo:sli_total:rate6h{service=\"shop\",objective=\"orders\"} >= 0.1\n",
        to: "",
        test: PAGES,
        fails: "OrdersErrorBudgetBurnFast: quiet with low traffic",
    },
    Mutation {
        name: "traffic gate of a ticket is dropped",
        from: "  and slo:sli_total:rate3d{service=\"shop\",objective=\"orders\"} >= 0.1\n",
        to: "",
        test: TICKETS,
        fails: "OrdersErrorBudgetBurnSlow: quiet with low traffic",
    },
    Mutation {
        name: "long window is dropped",
        from: "  and slo:sli_error:ratio_rate1h{service=\"shop\",objective=\"orders\"} > (14.4 * 0.001)\n",
        to: "",
        test: PAGES,
        fails: "OrdersErrorBudgetBurnFast: quiet after a short spike",
    },
    Mutation {
        name: "short window is long",
        from: "ratio_rate30m{service=\"shop\",objective=\"orders\"} > (6 * 0.001)",
        to: "ratio_rate6h{service=\"shop\",objective=\"orders\"} > (6 * 0.001)",
        test: PAGES,
        fails: "OrdersErrorBudgetBurnFast: quiet after recovery",
    },
    Mutation {
        name: "outcomes that are bad are good",
        from: "server_error|rejected",
        to: "rejected",
        test: PAGES,
        fails: "OrdersErrorBudgetBurnFast: fires",
    },
    Mutation {
        name: "bound of a quantile is raised",
        from: "> bool 0.5",
        to: "> bool 0.8",
        test: RANGES,
        fails: "PaymentsP99OutOfRange: fires",
    },
    Mutation {
        name: "samples are not required",
        from: ">= 20",
        to: ">= 1",
        test: RANGES,
        fails: "PaymentsMeanOutOfRange: quiet with low traffic",
    },
    Mutation {
        name: "hold is dropped",
        from: ">= 4",
        to: ">= 1",
        test: RANGES,
        fails: "PaymentsMeanOutOfRange: quiet after one value outside",
    },
    Mutation {
        name: "time of a standard alert is dropped",
        from: "for: 5m",
        to: "for: 0s",
        test: STANDARD,
        fails: "BreakerOpen: quiet while it is short",
    },
    Mutation {
        name: "share of a limit is raised",
        from: "> 0.9",
        to: "> 0.99",
        test: STANDARD,
        fails: "BulkheadSaturated: fires",
    },
    Mutation {
        name: "part of the throttled periods is raised",
        from: "> 0.25",
        to: "> 0.4",
        test: STANDARD,
        fails: "CpuThrottled: fires if both are there",
    },
    Mutation {
        name: "lag beside throttling is not required",
        from: "> 0.005",
        to: ">= 0",
        test: STANDARD,
        fails: "CpuThrottled: quiet if nothing waits",
    },
];

#[test]
fn changed_rules_fail_their_tests() {
    let Some(program) = find("PROMTOOL", "promtool") else {
        return;
    };
    let folder = TempFolder::new("slo-mutations");
    let levels = levels();
    let rules = levels.rules().to_yaml();
    for mutation in MUTATIONS {
        let Mutation {
            name,
            from,
            to,
            test,
            fails,
        } = mutation;
        // YAML indents the text of an expression.
        let changed = match from.strip_suffix('\n') {
            Some(line) => {
                let lines = rules
                    .lines()
                    .filter(|it| it.trim_start() != line.trim_start());
                lines.fold(String::new(), |text, line| text + line + "\n")
            }
            None => rules.replace(from, to),
        };
        assert_ne!(changed, rules, "{name}");
        levels.write_to(folder.path()).unwrap();
        folder.write("rules.yaml", &changed);
        let alert = fails.split(": ").next().unwrap();
        let run = format!("--run={alert}");
        let (success, output) = promtool(&program, &folder, &["test", "rules", &run, test]);
        assert!(!success, "{name}: no test fails\n{output}");
        assert!(output.contains(fails), "{name}: {output}");
    }
}
