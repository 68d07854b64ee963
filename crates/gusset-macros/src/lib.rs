#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod arguments;
mod expand;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

use self::arguments::Arguments;

/// Runs an async function as an operation each time it is called: a span, metrics, an access log entry and an outcome, of
/// the same driver as [`Gusset::operation`](https://docs.rs/gusset/latest/gusset/struct.Gusset.html#method.operation).
///
/// The first argument is an expression with a method `operation`, usually a `Gusset` or a reference to one. It may use the
/// arguments of the function, also `self`. The name is that of the function, or `name = "…"`. It is a label value.
///
/// A function with a return type of the name `Result`, or one that ends so, is a failure when it returns `Err`. Any other one can
/// only panic or be cancelled. The operation starts when the future is polled for the first time.
///
/// Arguments are moved into the operation. Costs what the operation costs.
///
/// ```
/// use gusset_core::{ObserveLayer, Operations};
/// use gusset_macros::operation;
///
/// type Gusset = ObserveLayer<Operations, ()>;
///
/// #[operation(gusset, name = "count_stock")]
/// async fn count(gusset: &Gusset, articles: &[u32]) -> u32 {
///     articles.iter().sum()
/// }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// assert_eq!(count(&Gusset::new(()), &[3, 4]).await, 7);
/// # }
/// ```
///
/// ```compile_fail
/// # type Gusset = gusset_core::ObserveLayer<gusset_core::Operations, ()>;
/// // A function that is not async has nothing to observe.
/// #[gusset_macros::operation(gusset)]
/// fn count(gusset: &Gusset) -> u32 { 7 }
/// ```
#[proc_macro_attribute]
pub fn operation(arguments: TokenStream, function: TokenStream) -> TokenStream {
    let arguments = parse_macro_input!(arguments as Arguments);
    let function = parse_macro_input!(function as ItemFn);
    expand::operation(&arguments, function)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
