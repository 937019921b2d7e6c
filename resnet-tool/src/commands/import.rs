//! `import`: an ONNX model to a spec and its weights.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use resnet_compiler::analyse;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::args::{Colour, ImportArgs};
use crate::onnx::import::{Imported, import};
use crate::onnx::message::Model;
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &ImportArgs, colour: Colour) -> anyhow::Result<()> {
    let shown = args.file.display().to_string();
    let bytes = fs::read(&args.file).with_context(|| format!("cannot read {shown}"))?;
    let name = match &args.name {
        Some(name) => name.clone(),
        None => snake_case(&args.file),
    };
    let model = Model::from_bytes(&bytes).with_context(|| shown.clone())?;
    let imported = import(&model, &name).with_context(|| shown.clone())?;

    let spec = match &args.output {
        Some(path) => path.clone(),
        None => PathBuf::from(format!("{name}.yaml")),
    };
    let weights = match &args.weights {
        Some(path) => path.clone(),
        None => spec.with_extension("safetensors"),
    };
    output::write(Some(&spec), &imported.spec)?;
    output::write_bytes(&weights, &file(&imported)?)?;
    // What can't be compiled is told where it stands in the spec.
    through(&spec, colour, analyse)?;
    let text = format!(
        "{}: {} layers\n{}: {} tensors\n",
        spec.display(),
        imported.layers,
        weights.display(),
        imported.tensors.len()
    );
    output::write(None, &text)
}

/// The weights' safetensors file.
fn file(imported: &Imported) -> anyhow::Result<Vec<u8>> {
    let tensors = imported.tensors.iter();
    let bytes = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect();
    let data: Vec<Vec<u8>> = tensors
        .clone()
        .map(|(_, _, values)| bytes(values))
        .collect();
    let views = tensors.zip(&data).map(|((name, shape, _), data)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), data);
        Ok((name, view.with_context(|| format!("tensor `{name}`"))?))
    });
    let views = views.collect::<anyhow::Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

/// A model's name after its file.
fn snake_case(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let letters = stem.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_lowercase(),
        _ => '_',
    });
    let name: String = letters.collect();
    match name.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => name,
        false => format!("model_{name}"),
    }
}
