//! `/proc/self/cgroup`: `4:memory:/docker/abc`, in version 2 `0::/system.slice/shop.service`.

use super::text::{lines, split};

/// Returns the path of a controller in version 1: that of the hierarchy with this controller.
pub(crate) fn v1<'a>(text: &'a [u8], controller: &str) -> Option<&'a [u8]> {
    entries(text)
        .find(|(controllers, _)| {
            let mut names = controllers.split(|byte| *byte == b',');
            names.any(|name| name == controller.as_bytes())
        })
        .map(|(_, path)| path)
}

/// Returns the path in version 2.
pub(crate) fn v2(text: &[u8]) -> Option<&[u8]> {
    entries(text)
        .find(|(controllers, _)| controllers.is_empty())
        .map(|(_, path)| path)
}

/// Returns the controllers and the path of each hierarchy. A path may have colons.
fn entries(text: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    lines(text).filter_map(|line| {
        let (_, rest) = split(line, b':')?;
        split(rest, b':')
    })
}
