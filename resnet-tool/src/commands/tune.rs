//! `tune`: measures which algorithm is the fastest for each shape on this
//! machine.

use std::path::PathBuf;

use resnet_compiler::analyse;
use resnet_compiler::tuning::everywhere;

use crate::args::{Colour, TuneArgs};
use crate::build::binary;
use crate::build::study::Study;
use crate::build::toolchain::Toolchain;
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &TuneArgs, colour: Colour) -> anyhow::Result<()> {
    let (network, spec) = through(&args.file, colour, |source| {
        Ok((analyse(source)?, source.text.clone()))
    })?;
    let model = network.name.clone();
    let output: PathBuf = match &args.output {
        Some(path) => path.clone(),
        None => format!("{model}.tuning.yaml").into(),
    };
    binary::can_be_written(&output)?;
    let toolchain = Toolchain::find()?;
    let arguments = [
        format!("--batch={}", args.batch),
        format!("--threads={}", args.threads.count()),
        format!("--seconds={}", args.seconds),
    ];
    let study = Study {
        purpose: "tune",
        model,
        spec,
        modules: &[
            ("direct", "algorithm = direct"),
            ("winograd2", "tuning = \"winograd2.tuning.yaml\""),
            ("winograd4", "tuning = \"winograd4.tuning.yaml\""),
        ],
        call: "measure_algorithms(&[\n        \
               (\"direct\", &direct::Network),\n        \
               (\"winograd2\", &winograd2::Network),\n        \
               (\"winograd4\", &winograd4::Network),\n    ])",
        files: ["winograd2", "winograd4"]
            .map(|word| {
                (
                    format!("{word}.tuning.yaml"),
                    everywhere(&network.inference.graph, word),
                )
            })
            .into(),
    };
    let arguments = arguments.map(Into::into);
    let measured = study.run(&toolchain, &args.compile, colour, arguments)?;
    output::write(Some(&output), &measured)?;
    let (spec, tuning) = (args.file.display(), output.display());
    output::write(
        None,
        &format!(
            "{tuning}: the fastest algorithms, with their times\n\
             \n  resnet build {spec} --tuning {tuning}\
             \n  resnet!({:?}, tuning = {:?})\n",
            spec.to_string(),
            tuning.to_string(),
        ),
    )
}
