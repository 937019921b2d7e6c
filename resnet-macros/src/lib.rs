//! The macro `resnet!`: a thin shell over `resnet-compiler`.

#![forbid(unsafe_code)]

mod arguments;
mod locate;

use proc_macro::TokenStream;
use quote::quote;
use resnet_compiler::Options;
use resnet_compiler::source::Source;

use arguments::Arguments;

/// Compiles a residual network's spec into a module named after the model.
///
/// ```ignore
/// use resnet_runtime::resnet;
/// resnet!("specs/resnet18.yaml");
/// ```
///
/// The path counts from the package's root (`CARGO_MANIFEST_DIR`), and if
/// there is no such file there, from the folder of the source file that
/// invokes the macro. The package is built again when the file changes.
///
/// Every mistake in the file becomes a compile error that shows its line, says
/// what was found and expected, and how to mend it.
///
/// Options follow the path: `crate = path::to::runtime` where the dependency
/// on `resnet-runtime` has another name, and `algorithm = direct` or
/// `algorithm = winograd` where inference shouldn't choose for itself how to
/// compute convolutions (`auto`). Direct convolutions take the least memory and
/// round least; Winograd's are faster for most shapes of 3x3 and stride 1.
#[proc_macro]
pub fn resnet(input: TokenStream) -> TokenStream {
    let arguments = syn::parse_macro_input!(input as Arguments);
    expand(&arguments)
        .unwrap_or_else(|message| {
            let error = syn::Error::new(arguments.path.span(), message);
            error.into_compile_error()
        })
        .into()
}

fn expand(arguments: &Arguments) -> Result<proc_macro2::TokenStream, String> {
    let shown = arguments.path.value();
    let path = locate::locate(&shown, arguments.path.span());
    let options = Options {
        runtime: match &arguments.runtime {
            Some(path) => quote!(#path),
            None => quote!(::resnet_runtime),
        },
        element: arguments.element,
        algorithm: arguments.algorithm,
        tracked: Some(path.display().to_string()),
        comments: false,
    };
    let source = Source::read(&path, &shown)
        .map_err(|found| format!("there is no spec in `{shown}`\n\n{}", found.render(&*shown)))?;
    resnet_compiler::compile(&source, &options).map_err(|found| {
        let (count, rendered) = (found.iter().count(), found.render(&source));
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        format!("{count} {mistakes} in the spec `{shown}`\n\n{rendered}")
    })
}
