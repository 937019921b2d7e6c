//! `run`: raw tensors in, raw tensors out, to compare with other programs.

use std::io::Write;

use anyhow::{Context, Result};
use resnet_runtime::{DynNetwork, Parameters, softmax_cross_entropy};

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
    let shape = [input.count, info.classes];
    output.push("logits", &shape, model.forward(&input.x)?);
    if args.grad {
        gradients(network, &parameters, &input, threads, &mut output)?;
    }
    output.write(&args.output)?;
    writeln!(out, "{}", args.output.display())?;
    Ok(())
}

/// One training step without the update, starting from the same parameters.
fn gradients(
    network: &dyn DynNetwork,
    parameters: &Parameters<f32>,
    input: &Input,
    threads: usize,
    output: &mut Output,
) -> Result<()> {
    let info = network.info();
    let mut trainer = network.trainer(parameters, input.count, threads)?;
    let mut d_logits = vec![0.0; input.count * info.classes];
    let logits = trainer.forward(&input.x)?;
    let loss = softmax_cross_entropy(logits, &input.labels, info.classes, &mut d_logits);
    output.push("loss", &[], &[loss]);
    output.push("logits_train", &[input.count, info.classes], logits);
    trainer.backward(&d_logits)?;

    let after = trainer.parameters();
    for parameter in info.parameters {
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
