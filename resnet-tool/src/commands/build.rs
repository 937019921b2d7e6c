//! `build`: from a spec alone to one specialised binary.

use std::fs;
use std::path::Path;

use resnet_compiler::tuning::Tuning;
use resnet_compiler::{Options, analyse_with};
use resnet_figures::format;

use crate::args::{BuildArgs, Colour};
use crate::build::binary;
use crate::build::compile::compile;
use crate::build::project::Project;
use crate::build::toolchain::Toolchain;
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &BuildArgs, colour: Colour) -> anyhow::Result<()> {
    // Everything that can be refused at once is refused before the long part.
    let mut options = Options {
        freeze: args.freeze.clone(),
        ..Options::default()
    };
    let tuning = args.tuning.as_ref().map(|file| {
        through(file, colour, |source| {
            options.tuning = Some(Tuning::parse(source)?);
            Ok(source.text.clone())
        })
    });
    let tuning = tuning.transpose()?;
    let (model, spec) = through(&args.file, colour, |source| {
        Ok((analyse_with(source, &options)?.name, source.text.clone()))
    })?;
    let output = match &args.output {
        Some(path) => path.clone(),
        None => format!("{model}{}", std::env::consts::EXE_SUFFIX).into(),
    };
    binary::can_be_written(&output)?;
    let toolchain = Toolchain::find()?;
    let project = Project::binary(&model, spec, tuning, &args.freeze);
    let built = compile(&project, &toolchain, &args.compile, colour)?;
    binary::install(&built.binary, &output)?;
    tell(&model, &output)
}

fn tell(model: &str, binary: &Path) -> anyhow::Result<()> {
    let size = format::bytes(fs::metadata(binary)?.len());
    let shown = binary.display();
    // A file in this folder is called with its folder.
    let call = match binary.components().count() {
        1 => format!(".{}{shown}", std::path::MAIN_SEPARATOR),
        _ => shown.to_string(),
    };
    let text = format!(
        "{shown}: {size}, the network `{model}`\n\
         \n  {call} info                            layers, sizes, memory\
         \n  {call} bench --batch 16 --threads 2    how fast it is\
         \n  {call} train --data DIR --epochs 20    weights from labelled images\
         \n  {call} --help                          everything else\n"
    );
    output::write(None, &text)
}
