//! The arguments of the attribute.

use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitStr, Result, Token};

/// `gusset`, or `gusset, name = "reprice"`.
pub(crate) struct Arguments {
    /// What has the method `operation`.
    pub(crate) operations: Expr,
    pub(crate) name: Option<LitStr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            let reason = "what observes the operation is missing: `#[operation(gusset)]`";
            return Err(Error::new(Span::call_site(), reason));
        }
        let operations = input.parse()?;
        let mut name = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            let key: Ident = input.parse()?;
            if key != "name" {
                return Err(Error::new(
                    key.span(),
                    "unknown argument: only `name` is known",
                ));
            }
            input.parse::<Token![=]>()?;
            name = Some(input.parse()?);
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(Self { operations, name })
    }
}
