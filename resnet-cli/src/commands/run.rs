//! `run`: raw tensors in, raw tensors out, to compare with other programs.

use std::io::Write;

use anyhow::{Context, Result};
use resnet_runtime::{
    DynNetwork, OutputInfo, ParameterInfo, Parameters, softmax_cross_entropy_of_maps,
};

use super::load;
use crate::args::RunArgs;
use crate::tensors::{Input, Output};

pub(crate) fn run(network: &dyn DynNetwork, args: &RunArgs, out: &mut dyn Write) -> Result<()> {
    let info = network.info();
    let parameters = load(info, &args.weights)?;
    let input = Input::read(&args.input, info, args.grad)?;
    let threads = args.threads.count();
    let mut output = Output::default();

    let mut model = network.model(&parameters, input.count, threads)?;
    model.forward(&input.x)?;
    for given in info.outputs {
        let values = model.output(given.name);
        push(&mut output, given, "", input.count, values)?;
    }
    if args.grad {
        gradients(network, &parameters, &input, threads, &mut output)?;
    }
    output.write(&args.output)?;
    writeln!(out, "{}", args.output.display())?;
    Ok(())
}

/// Adds an output's values under its name and a suffix.
fn push(
    output: &mut Output,
    given: &OutputInfo,
    suffix: &str,
    count: usize,
    values: Option<&[f32]>,
) -> Result<()> {
    let name = format!("{}{suffix}", given.name);
    let values = values.with_context(|| format!("{name}: the network has no such output"))?;
    output.push(&name, &given.batch_shape(count), values);
    Ok(())
}

/// One training step without the update, starting from the same parameters:
/// the mean cross entropy of the first output, over images or over pixels.
fn gradients(
    network: &dyn DynNetwork,
    parameters: &Parameters<f32>,
    input: &Input,
    threads: usize,
    output: &mut Output,
) -> Result<()> {
    let info = network.info();
    let mut trainer = network.trainer(parameters, input.count, threads)?;
    let [classes, height, width] = info.outputs[0].shape;
    let logits = trainer.forward(&input.x)?;
    let mut d_logits = vec![0.0; logits.len()];
    let sizes = [classes, height * width];
    let loss = softmax_cross_entropy_of_maps(logits, &input.labels, sizes, &mut d_logits);
    output.push("loss", &[], &[loss]);
    for given in info.outputs {
        let values = trainer.output(given.name);
        push(output, given, "_train", input.count, values)?;
    }
    trainer.backward(&d_logits)?;

    let after = trainer.parameters();
    let moves = |p: &&ParameterInfo| p.is_trained() || p.role.is_running();
    for parameter in info.parameters.iter().filter(moves) {
        let (prefix, values) = if parameter.role.is_running() {
            ("after", after.get(parameter.name))
        } else {
            ("grad", trainer.gradient(parameter.name))
        };
        let name = format!("{prefix}.{}", parameter.name);
        let values = values.with_context(|| format!("{name}: the network has no such tensor"))?;
        output.push(&name, parameter.shape, &values);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use resnet_runtime::Parameters;
    use safetensors::{Dtype, SafeTensors};

    use crate::{fake, tensors};

    #[test]
    fn run_writes_every_tensor() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name| folder.path().join(name).display().to_string();
        let (weights, x, y) = (
            file("w.safetensors"),
            file("x.safetensors"),
            file("y.safetensors"),
        );
        let parameters = Parameters::<f32>::init(&fake::INFO, 3);
        parameters.save(Path::new(&weights)).unwrap();
        let images = [0.5, 0.0, 0.0, 1.0, 0.25, 0.5, 0.75, 1.0];
        tensors::tests::write_input(Path::new(&x), &[2, 1, 2, 2], &images, Some(&[1, 3]));

        let command = ["run", "--weights", &weights, "--input", &x, "--output", &y];
        crate::tests::fake(&command).unwrap();
        assert_eq!(names(&y), ["logits"]);

        crate::tests::fake(&[&command[..], &["--grad"]].concat()).unwrap();
        assert_eq!(
            names(&y),
            [
                "after.bn1.running_mean",
                "after.bn1.running_var",
                "grad.fc.bias",
                "grad.fc.weight",
                "logits",
                "logits_train",
                "loss"
            ]
        );
        let tensor = |name| tensor(&y, name);
        let (shape, logits) = tensor("logits");
        assert_eq!(shape, [2, 4]);
        let weight = parameters.get("fc.weight").unwrap();
        let bias = parameters.get("fc.bias").unwrap();
        let expected = bias[2] + 0.5 * weight[8] + weight[11];
        assert!((logits[2] - expected).abs() < 1e-6);
        assert_eq!(tensor("logits_train").1, logits);
        assert_eq!(tensor("loss").0, [0usize; 0]);
        assert_eq!(tensor("grad.fc.weight").0, [4, 4]);
        let d_bias = tensor("grad.fc.bias").1;
        assert!(d_bias.iter().sum::<f32>().abs() < 1e-6 && d_bias[1] < 0.0 && d_bias[0] > 0.0);
        assert!((tensor("after.bn1.running_mean").1[0] - 0.05).abs() < 1e-6);
    }

    /// Every output goes by its name; labels of a first output that is a map
    /// are a class for each pixel.
    #[test]
    fn run_writes_maps() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name| folder.path().join(name).display().to_string();
        let [weights, x, y] = ["w", "x", "y"].map(file);
        Parameters::<f32>::init(&fake::MAPPED, 3)
            .save(Path::new(&weights))
            .unwrap();
        let images = [0.5, 0.0, 0.0, 1.0, 0.25, 0.5, 0.75, 1.0];
        let labels = (&[2, 1, 2][..], &[0, 1, 1, 0][..]);
        tensors::tests::write_labelled(Path::new(&x), &[2, 1, 2, 2], &images, Some(labels));
        let command = ["run", "--weights", &weights, "--input", &x, "--output", &y];
        let command = [&command[..], &["--grad"]].concat();
        crate::tests::of(&fake::MAPPED_NETWORK, &command).unwrap();
        assert!(names(&y).contains(&"map_train".to_owned()));
        let (shape, map) = tensor(&y, "map");
        assert_eq!(shape, [2, 2, 1, 2]);
        // Classes of a pixel are two apart.
        let mut loss = 0.0;
        for (pixel, class) in [(0, 0), (1, 1), (4, 1), (5, 0)] {
            let classes = [map[pixel], map[pixel + 2]].map(f32::exp);
            loss -= (classes[class] / (classes[0] + classes[1])).ln() / 4.0;
        }
        let found = tensor(&y, "loss").1[0];
        assert!((found - loss).abs() < 1e-6, "{found} {loss}");

        let labels = (&[2][..], &[0, 1][..]);
        tensors::tests::write_labelled(Path::new(&x), &[2, 1, 2, 2], &images, Some(labels));
        let error = crate::tests::of(&fake::MAPPED_NETWORK, &command).unwrap_err();
        let message = format!("{error:#}");
        let expected = "found I64 [2], expected I64 [2, 1, 2] (the class of each pixel";
        assert!(message.contains(expected), "{message}");
    }

    fn names(path: &str) -> Vec<String> {
        let bytes = fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let mut names: Vec<_> = file.names().into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        names
    }

    fn tensor(path: &str, name: &str) -> (Vec<usize>, Vec<f32>) {
        let bytes = fs::read(path).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        let tensor = file.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), Dtype::F32);
        let numbers = tensor.data().as_chunks::<4>().0;
        let numbers = numbers.iter().map(|bytes| f32::from_le_bytes(*bytes));
        (tensor.shape().to_vec(), numbers.collect())
    }
}
