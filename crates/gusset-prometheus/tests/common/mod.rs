//! A parser of text format 0.0.4, written from the specification and independent of the writer.

/// One sample.
#[derive(Debug)]
pub(crate) struct Sample {
    /// The name, with its suffix such as `_bucket`.
    pub(crate) name: String,
    /// The names and values of the labels, in their order.
    pub(crate) labels: Vec<(String, String)>,
    /// The value, not parsed.
    pub(crate) value: String,
}

/// Returns all samples of a text. Panics on an invalid line.
pub(crate) fn samples(text: &str) -> Vec<Sample> {
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line has no newline"
    );
    let lines = text.split('\n').filter(|line| !line.is_empty());
    lines
        .filter(|line| !line.starts_with('#'))
        .map(sample)
        .collect()
}

fn sample(line: &str) -> Sample {
    let mut chars = line.chars().peekable();
    let mut word = |stop: fn(char) -> bool| {
        let mut word = String::new();
        while let Some(c) = chars.next_if(|c| !stop(*c)) {
            word.push(c);
        }
        (word, chars.next())
    };
    let (name, mut end) = word(|c| c == '{' || c == ' ');
    assert!(is_name(&name, true), "invalid name {name:?} in {line:?}");
    let mut labels = Vec::new();
    while end == Some('{') || end == Some(',') {
        let (label, equals) = word(|c| c == '=');
        assert!(
            is_name(&label, false) && equals == Some('='),
            "{label:?} in {line:?}"
        );
        assert_eq!(word(|_| true).1, Some('"'), "{line:?}");
        let mut value = String::new();
        loop {
            let (part, stop) = word(|c| c == '"' || c == '\\');
            value.push_str(&part);
            if stop == Some('"') {
                break;
            }
            assert_eq!(stop, Some('\\'), "{line:?}");
            value.push(match word(|_| true).1 {
                Some('n') => '\n',
                Some(c @ ('\\' | '"')) => c,
                other => panic!("escape {other:?} in {line:?}"),
            });
        }
        assert!(
            labels.iter().all(|(key, _)| *key != label),
            "{label:?} twice in {line:?}"
        );
        labels.push((label, value));
        end = word(|_| true).1;
        if end == Some('}') {
            end = word(|_| true).1;
        }
    }
    assert_eq!(end, Some(' '), "{line:?}");
    let (value, _) = word(|_| false);
    assert!(
        value.parse::<f64>().is_ok(),
        "invalid number {value:?} in {line:?}"
    );
    Sample {
        name,
        labels,
        value,
    }
}

fn is_name(name: &str, colon: bool) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || (colon && c == ':');
    name.starts_with(|c: char| !c.is_ascii_digit()) && name.chars().all(allowed)
}
