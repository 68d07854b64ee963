//! The function with its body inside of an operation.

use proc_macro2::TokenStream;
use quote::quote;
use syn::visit::Visit;
use syn::{Error, ItemFn, Result, ReturnType, Type, TypeImplTrait};

use crate::arguments::Arguments;

pub(crate) fn operation(arguments: &Arguments, function: ItemFn) -> Result<TokenStream> {
    let Arguments { operations, name } = arguments;
    let ItemFn {
        attrs,
        vis,
        sig,
        block,
    } = function;
    if sig.asyncness.is_none() {
        let reason = "only an async function can be an operation";
        return Err(Error::new_spanned(sig.fn_token, reason));
    }
    let name = match name {
        Some(name) => quote!(#name),
        None => {
            let name = sig.ident.to_string();
            let name = name.trim_start_matches("r#").to_owned();
            quote!(#name)
        }
    };
    let run = match is_result(&sig.output) {
        true => quote!(run),
        false => quote!(run_infallible),
    };
    let known_output = known_output(&sig.output);
    Ok(quote! {
        #(#attrs)*
        #vis #sig {
            let __operation = (#operations).operation(#name);
            __operation.#run(async move {
                #known_output
                #block
            }).await
        }
    })
}

/// Returns whether a type is called `Result`, or `…Result`: an alias has its own name.
fn is_result(output: &ReturnType) -> bool {
    let ReturnType::Type(_, output) = output else {
        return false;
    };
    let Type::Path(path) = &**output else {
        return false;
    };
    let last = path.path.segments.last();
    last.is_some_and(|last| last.ident.to_string().ends_with("Result"))
}

/// Returns a statement that is never reached, from which the compiler knows the type that the block returns: otherwise it
/// would not know that of `?` and `into`. An `impl Trait` cannot be named.
fn known_output(output: &ReturnType) -> TokenStream {
    let output = match output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, output) if has_impl_trait(output) => return TokenStream::new(),
        ReturnType::Type(_, output) => quote!(#output),
    };
    quote! {
        #[allow(unreachable_code, clippy::all, clippy::pedantic)]
        if false {
            let __output: #output = ::core::unreachable!();
            return __output;
        }
    }
}

fn has_impl_trait(output: &Type) -> bool {
    struct Found(bool);
    impl Visit<'_> for Found {
        fn visit_type_impl_trait(&mut self, _: &TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut found = Found(false);
    found.visit_type(output);
    found.0
}
