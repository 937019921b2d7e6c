//! What stands between the parentheses of `resnet!(...)`.

use resnet_compiler::{Choice, Element};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Ident, LitStr, Path, Token};

/// A path and options.
pub(crate) struct Arguments {
    /// The spec's path, as written.
    pub(crate) path: LitStr,
    /// `crate = path`: what the runtime is called here.
    pub(crate) runtime: Option<Path>,
    /// `element = f64`: for gradient checks.
    pub(crate) element: Element,
    /// `algorithm = direct`: how convolutions of inference are computed.
    pub(crate) algorithm: Choice,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let path = input.parse().map_err(|error| {
            let mend = "expected the path of a spec: resnet!(\"specs/NAME.yaml\")";
            syn::Error::new(error.span(), mend)
        })?;
        let mut arguments = Self {
            path,
            runtime: None,
            element: Element::F32,
            algorithm: Choice::Auto,
        };
        while !input.is_empty() {
            input.parse::<Token![,]>()?;
            if input.is_empty() {
                break;
            }
            let option = input.call(Ident::parse_any)?;
            input.parse::<Token![=]>()?;
            if option == "crate" {
                arguments.runtime = Some(input.call(Path::parse_mod_style)?);
            } else if option == "element" {
                let element: Ident = input.parse()?;
                arguments.element = match element.to_string().as_str() {
                    "f32" => Element::F32,
                    "f64" => Element::F64,
                    _ => return Err(syn::Error::new(element.span(), "expected f32 or f64")),
                };
            } else if option == "algorithm" {
                let algorithm: Ident = input.parse()?;
                arguments.algorithm = match algorithm.to_string().as_str() {
                    "auto" => Choice::Auto,
                    "direct" => Choice::Direct,
                    "winograd" => Choice::Winograd,
                    _ => {
                        let message = "expected auto, direct or winograd";
                        return Err(syn::Error::new(algorithm.span(), message));
                    }
                };
            } else {
                let message = format!(
                    "unknown option `{option}`: the options are `crate = path` and \
                     `algorithm = auto|direct|winograd`"
                );
                return Err(syn::Error::new(option.span(), message));
            }
        }
        Ok(arguments)
    }
}
