//! Names as small numbers.

use std::io::Write as _;
use std::sync::OnceLock;

use gusset_core::StaticStr;

use crate::table::Table;

/// The longest name that becomes a label's value. What is longer is no template.
const LONGEST: usize = 256;

/// The number of a name: zero for none, [`NameId::FOLDED`] for one that the limit keeps out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u16);

/// Names of routes, as small numbers: the first that come, up to a limit.
#[derive(Debug)]
pub(crate) struct Names {
    table: Table<Box<str>, u16>,
}

/// Values of `error.type`, as small numbers.
#[derive(Debug)]
pub(crate) struct Tokens {
    known: [OnceLock<StaticStr>; Self::MOST],
}

// === impl NameId ===

impl NameId {
    pub(crate) const NONE: Self = Self(0);
    pub(crate) const FOLDED: Self = Self(u16::MAX);

    /// What stands for all names that may not be one.
    pub(crate) const OTHER: Self = Self(u16::MAX - 1);

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(crate) fn bits(self) -> u16 {
        self.0
    }
}

// === impl Names ===

impl Names {
    /// `limit` fits 16 bits, less the three numbers that are taken.
    pub(crate) fn new(limit: u16) -> Self {
        Self {
            table: Table::new(usize::from(limit.min(u16::MAX - 3))),
        }
    }

    #[inline]
    pub(crate) fn id(&self, name: &str) -> NameId {
        match self.table.get(name) {
            Some(id) => NameId(*id),
            None => self.add(name),
        }
    }

    #[cold]
    fn add(&self, name: &str) -> NameId {
        // Strangers who come after the limit was reached cost neither a lock nor an allocation.
        if name.len() > LONGEST || self.table.is_full() {
            return NameId::FOLDED;
        }
        let numbered = |len: usize| u16::try_from(len + 1).expect("the limit fits 16 bits");
        self.table
            .insert(name.into(), numbered)
            .map_or(NameId::FOLDED, |id| NameId(*id))
    }

    /// The number of a name that has one.
    #[inline]
    pub(crate) fn known(&self, name: &str) -> Option<NameId> {
        self.table.get(name).map(|id| NameId(*id))
    }

    /// The number of `host:port`.
    #[inline]
    pub(crate) fn id_of_peer(&self, host: &str, port: u16) -> NameId {
        let mut text = [0; LONGEST];
        let mut rest = &mut text[..];
        match write!(rest, "{host}:{port}") {
            Ok(()) => {
                let left = rest.len();
                let text = std::str::from_utf8(&text[..LONGEST - left]);
                self.id(text.expect("two texts are written"))
            }
            Err(_) => NameId::FOLDED,
        }
    }

    /// The name of that number. Looks at all of them: for series that are new.
    pub(crate) fn name(&self, id: NameId) -> Option<&str> {
        if id == NameId::OTHER {
            return Some("_OTHER");
        }
        self.table
            .iter()
            .find(|(_, at)| *at == id.0)
            .map(|(name, _)| &**name)
    }
}

// === impl Tokens ===

impl Tokens {
    /// More kinds of error than this are `_OTHER`.
    const MOST: usize = 64;

    pub(crate) fn new() -> Self {
        Self {
            known: [const { OnceLock::new() }; Self::MOST],
        }
    }

    /// The number of a token; zero for none.
    #[inline]
    pub(crate) fn id(&self, token: Option<StaticStr>) -> u8 {
        let Some(token) = token else { return 0 };
        for (at, known) in (1..).zip(&self.known) {
            if *known.get_or_init(|| token) == token {
                return at;
            }
        }
        u8::MAX
    }

    /// The token of that number.
    pub(crate) fn token(&self, id: u8) -> Option<StaticStr> {
        let at = usize::from(id).checked_sub(1)?;
        Some(
            self.known
                .get(at)
                .and_then(|known| known.get())
                .copied()
                .unwrap_or(StaticStr::OTHER),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_number_and_those_over_the_limit_are_folded() {
        let names = Names::new(2);
        let (a, b) = (names.id("/a"), names.id("/b"));
        assert_ne!(a, b);
        assert_eq!(names.id("/c"), NameId::FOLDED);
        assert_eq!(names.id("/a"), a);
        assert_eq!(names.name(b), Some("/b"));
        assert_eq!(names.name(NameId::NONE), None);
        assert_eq!(names.name(NameId::FOLDED), None);
    }

    #[test]
    fn a_name_that_is_no_template_by_its_length_is_folded() {
        let names = Names::new(10);
        assert_eq!(names.id(&"x".repeat(LONGEST + 1)), NameId::FOLDED);
        assert_ne!(names.id(&"x".repeat(LONGEST)), NameId::FOLDED);
    }

    #[test]
    fn tokens_over_the_limit_are_other() {
        static WORDS: [&str; 70] = {
            let mut words = ["x"; 70];
            let text =
                "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
            let mut at = 0;
            while at < 70 {
                (words[at], _) = text.split_at(at + 1);
                at += 1;
            }
            words
        };
        let tokens = Tokens::new();
        assert_eq!(tokens.id(None), 0);
        for word in &WORDS {
            let id = tokens.id(Some(StaticStr::new(word)));
            let token = tokens.token(id).unwrap();
            let kept = WORDS[..Tokens::MOST].contains(word);
            assert_eq!(token == StaticStr::new(word), kept);
            assert_eq!(token == StaticStr::OTHER, !kept);
        }
    }
}
