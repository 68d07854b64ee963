//! What a dependency is to the service, as a type: so that only what may, decides on readiness.

use crate::Check;

/// A dependency that this instance has to itself: a local cache, a volume, its own shard.
///
/// When it is down, another instance serves better; so it may decide on readiness.
///
/// ```
/// use gusset_health::{Check, Exclusive, Health};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let index = Check::new("local-index", async || ());
/// let health = Health::builder().ready(Exclusive(index)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a role and what bears it")]
pub struct Exclusive(pub Check);

/// A dependency that all instances share: the database of the fleet.
///
/// When it is down, all instances stop being ready at once and nobody answers, not even with an
/// error. It may decide on readiness all the same, for one who knows why; building warns.
///
/// ```
/// use gusset_health::{Check, Health, Shared};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let database = Check::new("orders-db", async || ());
/// let health = Health::builder().inform(Shared(database)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a role and what bears it")]
pub struct Shared(pub Check);

/// A dependency that the service does without: recommendations, say. It never decides on readiness;
/// when it is down, the service is degraded.
///
/// ```
/// use gusset_health::{Check, Health, Optional};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let mail = Check::new("mail", async || ());
/// let health = Health::builder().inform(Optional(mail)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a role and what bears it")]
pub struct Optional(pub Check);

/// A dependency that may decide on readiness: [`Exclusive`], and [`Shared`] with a warning.
///
/// ```
/// use gusset_health::{Gate, Health, HealthBuilder};
///
/// fn gated(gates: impl IntoIterator<Item = impl Gate>) -> HealthBuilder {
///     gates.into_iter().fold(Health::builder(), HealthBuilder::ready)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not decide on readiness",
    label = "neither `Exclusive` nor `Shared`",
    note = "say what the dependency is: `Exclusive(check)` belongs to this instance alone, `Shared(check)` to the fleet",
    note = "an optional dependency, and a check of no dependency, inform: `HealthBuilder::inform`"
)]
pub trait Gate: Into<Seal> + sealed::Sealed {}

/// A check with its role. Not to be named outside.
#[derive(Debug)]
#[doc(hidden)]
#[non_exhaustive]
pub struct Seal {
    pub(crate) check: Check,
    pub(crate) role: Role,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Exclusive,
    Shared,
    Optional,
    /// Nothing was said.
    Other,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Exclusive {}
    impl Sealed for super::Shared {}
}

impl Gate for Exclusive {}
impl Gate for Shared {}

// === impl Role ===

impl Role {
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Exclusive => Some("exclusive"),
            Self::Shared => Some("shared"),
            Self::Optional => Some("optional"),
            Self::Other => None,
        }
    }
}

// === impl Seal ===

impl From<Check> for Seal {
    fn from(check: Check) -> Self {
        Self {
            check,
            role: Role::Other,
        }
    }
}

impl From<Exclusive> for Seal {
    fn from(Exclusive(check): Exclusive) -> Self {
        Self {
            check,
            role: Role::Exclusive,
        }
    }
}

impl From<Shared> for Seal {
    fn from(Shared(check): Shared) -> Self {
        Self {
            check,
            role: Role::Shared,
        }
    }
}

impl From<Optional> for Seal {
    fn from(Optional(check): Optional) -> Self {
        Self {
            check,
            role: Role::Optional,
        }
    }
}
