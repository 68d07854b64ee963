//! The kind of a dependency, as a type, so that the compiler checks which checks may affect readiness.

use super::Check;

/// A dependency that only this instance uses: a local cache, a volume, its own shard.
///
/// May affect readiness, because another instance can serve while it is down.
///
/// ```
/// use gusset_health::{Check, Health, LocalDependency};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let index = Check::new("local-index", async || ());
/// let health = Health::builder().readiness_check(LocalDependency(index)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper of a check")]
pub struct LocalDependency(pub Check);

/// A dependency that all instances share, such as a database.
///
/// If it affected readiness, all instances would become unready at once and no client would get a
/// response, not even an error. It is accepted there, and building logs a warning.
///
/// ```
/// use gusset_health::{Check, Health, SharedDependency};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let database = Check::new("orders-db", async || ());
/// let health = Health::builder().health_check(SharedDependency(database)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper of a check")]
pub struct SharedDependency(pub Check);

/// A dependency that the service can work without, such as recommendations.
///
/// Never affects readiness. The service is degraded while it is down.
///
/// ```
/// use gusset_health::{Check, Health, OptionalDependency};
///
/// # fn main() -> Result<(), gusset_health::ConfigError> {
/// let mail = Check::new("mail", async || ());
/// let health = Health::builder().health_check(OptionalDependency(mail)).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[allow(clippy::exhaustive_structs, reason = "a plain wrapper of a check")]
pub struct OptionalDependency(pub Check);

/// A check that may affect readiness: [`LocalDependency`], or [`SharedDependency`] with a warning.
///
/// ```
/// use gusset_health::{Health, HealthBuilder, ReadinessCheck};
///
/// fn with_checks(checks: impl IntoIterator<Item = impl ReadinessCheck>) -> HealthBuilder {
///     checks.into_iter().fold(Health::builder(), HealthBuilder::readiness_check)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot affect readiness",
    label = "neither `LocalDependency` nor `SharedDependency`",
    note = "use `LocalDependency(check)` for a dependency of this instance, or `SharedDependency(check)` for one of all instances",
    note = "use `HealthBuilder::health_check` for an optional dependency or any other check"
)]
pub trait ReadinessCheck: Into<RegisteredCheck> + sealed::Sealed {}

/// A check and the kind of its dependency.
#[derive(Debug)]
#[doc(hidden)]
#[non_exhaustive]
pub struct RegisteredCheck {
    pub(crate) check: Check,
    pub(crate) dependency: DependencyKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DependencyKind {
    Local,
    Shared,
    Optional,
    Unspecified,
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::LocalDependency {}
    impl Sealed for super::SharedDependency {}
}

impl ReadinessCheck for LocalDependency {}
impl ReadinessCheck for SharedDependency {}

// === impl DependencyKind ===

impl DependencyKind {
    pub(crate) const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Local => Some("local"),
            Self::Shared => Some("shared"),
            Self::Optional => Some("optional"),
            Self::Unspecified => None,
        }
    }
}

// === impl RegisteredCheck ===

impl From<Check> for RegisteredCheck {
    fn from(check: Check) -> Self {
        Self {
            check,
            dependency: DependencyKind::Unspecified,
        }
    }
}

impl From<LocalDependency> for RegisteredCheck {
    fn from(LocalDependency(check): LocalDependency) -> Self {
        Self {
            check,
            dependency: DependencyKind::Local,
        }
    }
}

impl From<SharedDependency> for RegisteredCheck {
    fn from(SharedDependency(check): SharedDependency) -> Self {
        Self {
            check,
            dependency: DependencyKind::Shared,
        }
    }
}

impl From<OptionalDependency> for RegisteredCheck {
    fn from(OptionalDependency(check): OptionalDependency) -> Self {
        Self {
            check,
            dependency: DependencyKind::Optional,
        }
    }
}
