//! The macro `resnet!`: a thin shell over `resnet-compiler`.

#![forbid(unsafe_code)]

mod arguments;
mod locate;

use std::path::Path;

use proc_macro::TokenStream;
use resnet_compiler::diagnostics::{Diagnostic, Diagnostics};
use resnet_compiler::source::Source;
use resnet_compiler::tuning::Tuning;
use syn::LitStr;

use arguments::Arguments;

#[doc = include_str!("resnet.md")]
#[proc_macro]
pub fn resnet(input: TokenStream) -> TokenStream {
    let arguments = syn::parse_macro_input!(input as Arguments);
    expand(arguments)
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

fn expand(arguments: Arguments) -> syn::Result<proc_macro2::TokenStream> {
    let Arguments {
        path: literal,
        freeze,
        weights,
        tuning,
        mut options,
    } = arguments;
    let shown = literal.value();
    let path = locate::locate(&shown, literal.span());
    options.tracked.push(path.display().to_string());
    let source = Source::read(&path, &shown).map_err(|found| {
        let message = format!("there is no spec in `{shown}`\n\n{}", found.render(&*shown));
        syn::Error::new(literal.span(), message)
    })?;
    if let Some(literal) = tuning {
        let shown = literal.value();
        let path = locate::locate(&shown, literal.span());
        options.tracked.push(path.display().to_string());
        options.tuning = Some(measured(&path, &literal)?);
    }
    let network = resnet_compiler::analyse_with(&source, &options)
        .map_err(|found| refusal(&found, &source, &literal, &freeze))?;
    if let Some(literal) = weights {
        let shown = literal.value();
        let path = locate::locate(&shown, literal.span());
        options.weights = Some(path.display().to_string());
        resnet_compiler::weights::check_for(&path, &shown, &network)
            .map_err(|found| syn::Error::new(literal.span(), found))?;
    }
    Ok(resnet_compiler::emit::emit(&network, &options))
}

/// What a tuning file says.
fn measured(path: &Path, literal: &LitStr) -> syn::Result<Tuning> {
    let shown = literal.value();
    let refused = |rendered: String| {
        let message = format!("the tuning file `{shown}` can't be used\n\n{rendered}");
        syn::Error::new(literal.span(), message)
    };
    let source = Source::read(path, &shown).map_err(|found| refused(found.render(&*shown)))?;
    Tuning::parse(&source).map_err(|found| refused(found.render(&source)))
}

/// Mistakes in the spec at its path, mistakes in names of layers at these.
fn refusal(found: &Diagnostics, source: &Source, path: &LitStr, freeze: &[LitStr]) -> syn::Error {
    let in_name = |mistake: &Diagnostic| {
        let name = freeze.get(mistake.argument? as usize)?;
        let (code, help) = (mistake.code.id(), mistake.help.as_deref());
        let help = help.unwrap_or_default();
        let message = format!("{code}: {}; {help}", mistake.message);
        Some(syn::Error::new(name.span(), message))
    };
    let in_names = found.iter().filter_map(in_name).reduce(|mut all, mistake| {
        all.combine(mistake);
        all
    });
    in_names.unwrap_or_else(|| {
        let (count, rendered) = (found.iter().count(), found.render(source));
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        let message = format!(
            "{count} {mistakes} in the spec `{}`\n\n{rendered}",
            path.value()
        );
        syn::Error::new(path.span(), message)
    })
}
