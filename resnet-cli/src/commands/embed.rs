//! `embed`: pictures to vectors for search and clustering.

#[cfg(feature = "parquet")]
mod parquet;
mod write;

use std::io::Write;

#[cfg(not(feature = "parquet"))]
use anyhow::bail;
use anyhow::{Context, Result, ensure};
use resnet_runtime::{DynNetwork, ModelInfo, OutputInfo};

use super::viewing::Viewing;
use crate::args::{EmbedArgs, EmbedFormat};

/// A feature of many pictures.
struct Embedding {
    feature: &'static OutputInfo,
    /// What the pictures are called.
    files: Vec<String>,
    /// The feature's values, picture by picture.
    values: Vec<f32>,
}

pub(crate) fn run(network: &dyn DynNetwork, args: &EmbedArgs, out: &mut dyn Write) -> Result<()> {
    let info = network.info();
    let format = format(args)?;
    let feature = feature(info, args.feature.as_deref())?;
    let mut viewing = Viewing::new(network, &args.pictures, &args.weights)?;
    let mut embedding = Embedding {
        feature,
        files: Vec::new(),
        values: Vec::new(),
    };
    let read = viewing.run(|model, seen, _| {
        let values = model.output(feature.name);
        let values = values.with_context(|| format!("there is no output `{}`", feature.name))?;
        embedding.values.extend_from_slice(values);
        for picture in seen {
            writeln!(out, "{}", picture.name)?;
            embedding.files.push(picture.name.clone());
        }
        Ok(())
    });
    if !embedding.files.is_empty() {
        write::write(&embedding, format, &args.output)?;
    }
    read
}

/// The format asked for, or that of the output's ending.
fn format(args: &EmbedArgs) -> Result<EmbedFormat> {
    let ending = args.output.extension().and_then(|ending| ending.to_str());
    let of_ending = match ending {
        Some("safetensors") => Some(EmbedFormat::Safetensors),
        Some("npy") => Some(EmbedFormat::Npy),
        Some("csv") => Some(EmbedFormat::Csv),
        #[cfg(feature = "parquet")]
        Some("parquet") => Some(EmbedFormat::Parquet),
        #[cfg(not(feature = "parquet"))]
        Some("parquet") if args.format.is_none() => bail!(
            "{}: this binary was built without Parquet: build it with `--features parquet` (the \
             feature `parquet` of resnet-cli), or give a name that ends in .safetensors, .npy or \
             .csv",
            args.output.display()
        ),
        _ => None,
    };
    args.format.or(of_ending).with_context(|| {
        format!(
            "{}: expected a name that ends in .safetensors, .npy, .csv or .parquet, or --format",
            args.output.display()
        )
    })
}

/// The output of a name, or the last.
fn feature(info: &ModelInfo, name: Option<&str>) -> Result<&'static OutputInfo> {
    let found = match name {
        Some(name) => info.outputs.iter().find(|output| output.name == name),
        None => info.outputs.last(),
    };
    let known: Vec<_> = info.outputs.iter().map(|output| output.name).collect();
    ensure!(!known.is_empty(), "`{}` has no outputs", info.name);
    found.with_context(|| {
        format!(
            "`{}` has no output `{}`, only `{}`; name a layer in the spec, such as \
             `outputs: {{logits: fc, features: avgpool}}`",
            info.name,
            name.unwrap_or_default(),
            known.join("`, `")
        )
    })
}
