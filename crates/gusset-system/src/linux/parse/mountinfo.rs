//! `/proc/self/mountinfo`: `36 35 98:0 /root /mount rw,noatime master:1 - ext4 /dev/sda1 rw`.

use std::borrow::Cow;

use super::text::{fields, lines};

/// One mount. Its texts are not decoded yet.
#[derive(Debug, PartialEq)]
pub(crate) struct Mount<'a> {
    /// Major and minor number of the device: the same for two mounts of one file system.
    pub(crate) device_number: &'a [u8],
    /// The folder of the file system that is mounted.
    pub(crate) root: &'a [u8],
    pub(crate) mountpoint: &'a [u8],
    pub(crate) options: &'a [u8],
    pub(crate) kind: &'a [u8],
    pub(crate) source: &'a [u8],
    /// The options of the file system; in cgroup version 1 its controllers.
    pub(crate) super_options: &'a [u8],
}

/// Returns the mounts, in the order of the kernel: a later one hides an earlier one at the same place.
pub(crate) fn parse(text: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    lines(text).filter_map(mount)
}

fn mount(line: &[u8]) -> Option<Mount<'_>> {
    let mut fields = fields(line).skip(2);
    let device_number = fields.next()?;
    let root = fields.next()?;
    let mountpoint = fields.next()?;
    let options = fields.next()?;
    // Any number of optional fields.
    fields.find(|field| *field == b"-")?;
    Some(Mount {
        device_number,
        root,
        mountpoint,
        options,
        kind: fields.next()?,
        source: fields.next()?,
        super_options: fields.next().unwrap_or_default(),
    })
}

// === impl Mount ===

impl Mount<'_> {
    /// Returns whether a list of options has one.
    pub(crate) fn has(options: &[u8], option: &str) -> bool {
        let mut options = options.split(|byte| *byte == b',');
        options.any(|it| it == option.as_bytes())
    }
}

/// Decodes a text, in which the kernel writes spaces, tabs, ends of lines and backslashes as `\040`.
pub(crate) fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') {
        return Cow::Borrowed(text);
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match after.split_at_checked(3) {
            Some((digits, tail)) if *first == b'\\' && is_octal(digits) => {
                let value = digits
                    .iter()
                    .fold(0_u8, |value, digit| (value << 3) | (digit - b'0'));
                decoded.push(value);
                rest = tail;
            }
            _ => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(decoded)
}

/// Returns whether three digits are an octal number of one byte.
fn is_octal(digits: &[u8]) -> bool {
    digits.iter().all(|digit| (b'0'..=b'7').contains(digit)) && digits.first() <= Some(&b'3')
}
