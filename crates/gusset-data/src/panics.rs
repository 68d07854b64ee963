//! What a panic hook reads of a panic.

use std::panic::PanicHookInfo;

/// Returns the message of a panic.
///
/// ```
/// std::panic::set_hook(Box::new(|info| {
///     assert_eq!(gusset_data::panic_message(info), "on purpose");
/// }));
/// let panicked = std::panic::catch_unwind(|| panic!("on purpose"));
/// assert!(panicked.is_err());
/// ```
pub fn panic_message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = info.payload();
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a value that is not a string")
}

/// Returns whether the process ends after the hook: it is built with `panic = "abort"`, or the panic cannot unwind.
///
/// `PanicHookInfo::can_unwind` is not stable, so panics that cannot unwind are recognised by their text in
/// `core::panicking`.
pub fn panic_aborts(info: &PanicHookInfo<'_>) -> bool {
    cfg!(panic = "abort")
        || matches!(
            panic_message(info),
            "panic in a destructor during cleanup" | "panic in a function that cannot unwind"
        )
}
