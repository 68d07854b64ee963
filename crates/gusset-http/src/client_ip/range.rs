//! Ranges of addresses, as `10.0.0.0/8` is one.

use std::net::IpAddr;

/// A range of addresses: those that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The bits of the first address at the top, of version 4 and 6 alike.
    bits: u128,
    /// Which of them count.
    mask: u128,
    is_v6: bool,
}

// === impl Range ===

impl Range {
    /// `10.0.0.0/8`, or a single address. Bits behind the prefix do not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().ok()?;
        let longest = if address.is_ipv6() { 128 } else { 32 };
        let prefix: u32 = match prefix.map(str::trim) {
            // `parse` would take a sign too.
            Some(prefix) if prefix.starts_with('+') => return None,
            Some(prefix) => prefix.parse().ok().filter(|prefix| *prefix <= longest)?,
            None => longest,
        };
        let mask = u128::MAX.checked_shl(128 - prefix).unwrap_or(0);
        Some(Self {
            bits: bits(address) & mask,
            mask,
            is_v6: address.is_ipv6(),
        })
    }

    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.is_v6 == address.is_ipv6() && bits(address) & self.mask == self.bits
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    use super::*;

    #[track_caller]
    fn has(range: &str, address: &str) -> bool {
        Range::parse(range).unwrap().has(address.parse().unwrap())
    }

    #[test]
    fn a_range_has_what_begins_with_its_bits() {
        assert!(has("10.0.0.0/8", "10.255.0.1") && !has("10.0.0.0/8", "11.0.0.0"));
        assert!(has("10.1.2.3/8", "10.9.9.9"));
        assert!(has("0.0.0.0/0", "255.1.1.1") && !has("0.0.0.0/0", "::1"));
        assert!(has("1.2.3.4", "1.2.3.4") && !has("1.2.3.4", "1.2.3.5"));
        assert!(has("2001:db8::/32", "2001:db8:1::2") && !has("2001:db8::/32", "2001:db9::"));
        assert!(has("::/0", "::1") && !has("::/0", "0.0.0.0"));
    }

    #[test]
    fn what_is_no_range_is_none() {
        for text in [
            "",
            "/",
            "10.0.0.0/",
            "10.0.0.0/33",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "::/129",
            "10.0/8",
            "a/8",
        ] {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn version_4_is_as_its_bits_are(first: u32, second: u32, prefix in 0u32..=32) {
            let range = format!("{}/{prefix}", Ipv4Addr::from(first));
            let same = first.checked_shr(32 - prefix).unwrap_or(0) == second.checked_shr(32 - prefix).unwrap_or(0);
            prop_assert_eq!(Range::parse(&range).unwrap().has(Ipv4Addr::from(second).into()), same);
        }

        #[test]
        fn version_6_is_as_its_bits_are(first: u128, other: u128, prefix in 0u32..=128) {
            // Random addresses would never meet.
            let second = first ^ other.checked_shr(prefix).unwrap_or(0);
            let range = format!("{}/{prefix}", Ipv6Addr::from(first));
            prop_assert!(Range::parse(&range).unwrap().has(Ipv6Addr::from(second).into()));
        }
    }
}
