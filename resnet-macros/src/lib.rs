//! The macro `resnet!`: a thin shell over `resnet-compiler`.

#![forbid(unsafe_code)]

mod arguments;
mod locate;

use proc_macro::TokenStream;
use resnet_compiler::diagnostics::{Diagnostic, Diagnostics};
use resnet_compiler::source::Source;
use syn::LitStr;

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
/// # Name and visibility
///
/// What the path may follow says where the module can be seen and what it is
/// called: `resnet!(pub "specs/resnet18.yaml")`, `pub(crate)` and the like;
/// `resnet!(net = "specs/resnet18.yaml")`, or both. By default the module is
/// private, like any `mod`, and named after the spec's `model`. Names that
/// files and messages show stay the spec's. Two modules of one name in one
/// place are an error of the Rust compiler (`E0428`): give one of them another.
///
/// # Options
///
/// Options follow the path, each at most once, in any order.
///
/// | option | default | effect |
/// | --- | --- | --- |
/// | `training = false` | `true` | Inference only: no code of training is emitted and there is no type `Trainer`; what asks for one through a trait object gets an error that says so. |
/// | `freeze = ["conv1", "bn1", "layer1"]` | none | Layers that training leaves as they are: each name stands for a layer, or for all layers whose names go on behind it with a dot. They have no gradient and no momentum; their batch norms use the running statistics and don't move them; their backward pass is left out, but for what flows through them to trained layers before them. Parameters stay interchangeable with those of the same spec frozen otherwise. |
/// | `max_batch = 8` | none | Models and trainers refuse higher batch limits when they are made; the module has the constant `MAX_BATCH`. |
/// | `weights = "NAME.safetensors"` | none | Puts the file into the program, for `Weights::embedded()`. The path counts like the spec's. Names, shapes and element types (F32, F16, BF16, F64) are checked while compiling; all that differ are told at once. |
/// | `algorithm = direct` | `auto` | How inference computes convolutions of 3x3 and stride 1: `direct` takes the least memory and rounds least, `winograd` is faster for most shapes, `auto` chooses for each. |
/// | `crate = path::to::runtime` | `::resnet_runtime` | Where the dependency on `resnet-runtime` has another name. |
/// | `element = f64` | `f32` | Double precision, for checks of gradients. |
///
/// ```ignore
/// resnet!(pub classifier = "specs/resnet50.yaml",
///     training = false, max_batch = 8, weights = "weights/resnet50.safetensors");
/// resnet!(pub(crate) tuned = "specs/resnet50.yaml", freeze = ["conv1", "bn1", "layer1"]);
///
/// fn classify(images: &[f32]) -> Result<Vec<f32>, resnet_runtime::Error> {
///     let weights = classifier::Weights::embedded()?;
///     let mut model = classifier::Model::new(&weights, classifier::MAX_BATCH, 2)?;
///     Ok(model.forward(images)?.to_vec())
/// }
/// ```
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
        mut options,
    } = arguments;
    let shown = literal.value();
    let path = locate::locate(&shown, literal.span());
    options.tracked = Some(path.display().to_string());
    let source = Source::read(&path, &shown).map_err(|found| {
        let message = format!("there is no spec in `{shown}`\n\n{}", found.render(&*shown));
        syn::Error::new(literal.span(), message)
    })?;
    let network = resnet_compiler::analyse_with(&source, &options)
        .map_err(|found| refusal(&found, &source, &literal, &freeze))?;
    if let Some(literal) = weights {
        let shown = literal.value();
        let path = locate::locate(&shown, literal.span());
        options.weights = Some(path.display().to_string());
        resnet_compiler::weights::check(&path, network.inference.graph.parameters())
            .map_err(|found| syn::Error::new(literal.span(), format!("`{shown}`: {found}")))?;
    }
    Ok(resnet_compiler::emit::emit(&network, &options))
}

/// Mistakes in the spec at its path, mistakes in names of layers at these.
fn refusal(found: &Diagnostics, source: &Source, path: &LitStr, freeze: &[LitStr]) -> syn::Error {
    let in_name = |mistake: &Diagnostic| {
        let name = freeze.get(mistake.argument?)?;
        let help = mistake.help.as_ref();
        let help = help.map_or(String::new(), |help| format!("\n  = help: {help}"));
        let message = format!("{}{help}", mistake.message);
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
