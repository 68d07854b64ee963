//! Charts of one line: `▁▂▅█▂`.

/// Eight heights.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Returns a bar for each value. The greatest has the greatest bar, zero the smallest, and an unknown value is a dot.
pub(super) fn chart(values: &[Option<f64>]) -> String {
    let greatest = values.iter().flatten().copied().fold(0.0, f64::max);
    let bar = |value: &Option<f64>| {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            return '·';
        };
        if greatest <= 0.0 {
            return BARS[0];
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "from 0 to 7"
        )]
        let height = (value.max(0.0) / greatest * 7.0).round() as usize;
        BARS[height.min(7)]
    };
    values.iter().map(bar).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_relative_to_the_greatest() {
        let values = [Some(0.0), Some(1.0), None, Some(3.5), Some(7.0)];
        assert_eq!(chart(&values), "▁▂·▅█");
        assert_eq!(chart(&[Some(0.0), Some(f64::NAN), Some(-1.0)]), "▁·▁");
        assert_eq!(chart(&[]), "");
    }
}
