//! `errors`: how far the network's single precision is from double precision,
//! layer by layer.

use std::ffi::OsString;

use resnet_compiler::expand_spec::observed_spec;
use resnet_compiler::stages;

use crate::args::{Colour, ErrorsArgs};
use crate::build::study::Study;
use crate::build::toolchain::Toolchain;
use crate::output;
use crate::specs::through;

pub(crate) fn run(args: &ErrorsArgs, colour: Colour) -> anyhow::Result<()> {
    let (model, spec) = through(&args.file, colour, |source| {
        Ok((stages::parsed(source)?.model.value, observed_spec(source)?))
    })?;
    let toolchain = Toolchain::find()?;
    let mut arguments = vec![
        OsString::from(format!("--batch={}", args.batch)),
        format!("--threads={}", args.threads.count()).into(),
    ];
    for (option, path) in [("--weights", &args.weights), ("--input", &args.input)] {
        if let Some(path) = path {
            arguments.extend([option.into(), std::path::absolute(path)?.into()]);
        }
    }
    if args.json {
        arguments.push("--json".into());
    }
    let study = Study {
        purpose: "errors",
        model,
        spec,
        modules: &[
            ("auto", "algorithm = auto"),
            ("direct", "algorithm = direct"),
            ("exact", "algorithm = direct, element = f64"),
        ],
        call: "measure_errors(\n        \
               &[(\"auto\", &auto::Network), (\"direct\", &direct::Network)],\n        \
               exact::Network,\n    )",
        files: Vec::new(),
    };
    let measured = study.run(&toolchain, &args.compile, colour, arguments)?;
    output::write(args.output.as_deref(), &measured)
}
