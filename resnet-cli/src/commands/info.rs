//! `info`: what the compiler made of the spec.

use std::io::Write;

use anyhow::Result;
use resnet_figures::report::{Layer, Memory, Output, Plan, Report, bytes_of};
use resnet_runtime::{DynNetwork, LayerInfo, ModelInfo, OutputInfo, PlanInfo};

use super::print_json;
use crate::args::InfoArgs;

pub(crate) fn run(network: &dyn DynNetwork, args: &InfoArgs, out: &mut dyn Write) -> Result<()> {
    let report = report(network.info());
    if args.json {
        print_json(out, &report)
    } else {
        Ok(write!(out, "{}", report.table())?)
    }
}

fn report(info: &ModelInfo) -> Report {
    let sizes = &info.sizes;
    // Parameters that are trained have gradients and momenta in one layout.
    let training = sizes.master
        + 2 * sizes.trained
        + sizes.running
        + sizes.saved
        + sizes.packed_forward
        + sizes.packed_backward;
    Report {
        model: info.name.to_owned(),
        spec_hash: info.spec_hash.to_owned(),
        isa: Some(resnet_runtime::isa().to_owned()),
        input: info.input,
        outputs: info.outputs.iter().map(output).collect(),
        classes: info.classes(),
        parameters: info.parameter_count,
        macs: info.macs,
        layers: info.layers.iter().map(layer).collect(),
        memory: Memory {
            inference: plan(sizes.packed, &info.inference_plan),
            training: info.trainable.then(|| plan(training, &info.training_plan)),
            workspace_per_thread: bytes_of(sizes.workspace),
        },
    }
}

fn output(output: &OutputInfo) -> Output {
    Output {
        name: output.name.to_owned(),
        shape: output.shape,
    }
}

fn layer(layer: &LayerInfo) -> Layer {
    Layer {
        name: layer.name.to_owned(),
        op: layer.op.to_owned(),
        input: layer.input,
        output: layer.output,
        parameters: layer.parameters,
        macs: layer.macs,
        algorithm: layer.algorithm.to_owned(),
    }
}

fn plan(fixed: usize, plan: &PlanInfo) -> Plan {
    Plan::of_elements(fixed, plan.peak, plan.lower_bound, plan.logical_lower_bound)
}
