//! `schema`: the JSON Schema of specs.

use resnet_compiler::spec;

use crate::args::SchemaArgs;
use crate::output;

pub(crate) fn run(args: &SchemaArgs) -> anyhow::Result<()> {
    let text = format!("{:#}\n", spec::schema());
    output::write(args.output.as_deref(), &text)
}
