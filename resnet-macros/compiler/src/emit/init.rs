//! How parameters are initialised, as Rust.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::call::variant;
use crate::parameter::Init;

/// The runtime's `Init`.
pub(super) fn init(init: Init) -> TokenStream {
    match init {
        Init::KaimingNormal(of) => {
            let of = variant(of);
            quote!(Init::KaimingNormal(Fan::#of))
        }
        Init::KaimingUniform(of) => {
            let of = variant(of);
            quote!(Init::KaimingUniform(Fan::#of))
        }
        Init::XavierNormal => quote!(Init::XavierNormal),
        Init::XavierUniform => quote!(Init::XavierUniform),
        Init::Uniform => quote!(Init::Uniform),
        Init::Normal { std } => {
            let std = Literal::f64_unsuffixed(std);
            quote!(Init::Normal { std: #std })
        }
        Init::Constant(0.0) => quote!(Init::ZERO),
        Init::Constant(1.0) => quote!(Init::ONE),
        Init::Constant(value) => {
            let value = Literal::f64_unsuffixed(value);
            quote!(Init::Constant(#value))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parameter::Fan;

    #[test]
    fn every_scheme_has_its_name() {
        for (given, expected) in [
            (Init::KaimingNormal(Fan::In), "Init::KaimingNormal(Fan::In)"),
            (
                Init::KaimingUniform(Fan::Out),
                "Init::KaimingUniform(Fan::Out)",
            ),
            (Init::XavierNormal, "Init::XavierNormal"),
            (Init::XavierUniform, "Init::XavierUniform"),
            (Init::Uniform, "Init::Uniform"),
            (Init::Normal { std: 0.02 }, "Init::Normal{std:0.02}"),
            (Init::ZERO, "Init::ZERO"),
            (Init::ONE, "Init::ONE"),
            (Init::Constant(-0.5), "Init::Constant(-0.5)"),
        ] {
            assert_eq!(init(given).to_string().replace(' ', ""), expected);
        }
    }
}
