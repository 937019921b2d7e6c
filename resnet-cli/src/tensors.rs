//! The safetensors files that `run` reads and writes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use resnet_runtime::{ModelInfo, write_atomically};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

/// A batch of images, with labels if they were asked for.
#[derive(Debug)]
pub(crate) struct Input {
    /// Images.
    pub(crate) count: usize,
    /// `[count][channels][height][width]`.
    pub(crate) x: Vec<f32>,
    /// `[count]`, or `[count][height][width]` where the first output is a map;
    /// empty if not asked for.
    pub(crate) labels: Vec<usize>,
}

impl Input {
    /// Reads `x`, and `labels` if asked for, and checks that they fit the model.
    pub(crate) fn read(path: &Path, info: &ModelInfo, with_labels: bool) -> Result<Self> {
        let name = path.display();
        let bytes = fs::read(path).with_context(|| format!("{name}: cannot read"))?;
        let file = SafeTensors::deserialize(&bytes)
            .with_context(|| format!("{name}: expected a safetensors file"))?;
        Self::parse(&file, info, with_labels).with_context(|| name.to_string())
    }

    fn parse(file: &SafeTensors<'_>, info: &ModelInfo, with_labels: bool) -> Result<Self> {
        let [channels, height, width] = info.input;
        let expected = format!(
            "F32 [N, {channels}, {height}, {width}] (images for `{}`)",
            info.name
        );
        let x = tensor(file, "x", &expected)?;
        let count = match *x.shape() {
            [count, ref image @ ..] if x.dtype() == Dtype::F32 && image == info.input => count,
            _ => bail!("tensor `x`: found {}, expected {expected}", describe(&x)),
        };
        ensure!(
            count > 0,
            "tensor `x`: found no images, expected at least one"
        );
        let numbers = x.data().as_chunks::<4>().0;
        Ok(Self {
            count,
            x: numbers
                .iter()
                .map(|bytes| f32::from_le_bytes(*bytes))
                .collect(),
            labels: if with_labels {
                labels(file, count, info)?
            } else {
                Vec::new()
            },
        })
    }
}

fn labels(file: &SafeTensors<'_>, count: usize, info: &ModelInfo) -> Result<Vec<usize>> {
    // A class for each image, or for each pixel of a map of logits.
    let output = &info.outputs[0];
    let classes = output.shape[0];
    let mut shape = output.batch_shape(count);
    shape.remove(1);
    let what = if output.is_vector() { "image" } else { "pixel" };
    let expected = format!("I64 {shape:?} (the class of each {what}, for --grad)");
    let labels = tensor(file, "labels", &expected)?;
    ensure!(
        labels.dtype() == Dtype::I64 && labels.shape() == shape,
        "tensor `labels`: found {}, expected {expected}",
        describe(&labels),
    );
    let numbers = labels.data().as_chunks::<8>().0;
    let numbers = numbers.iter().map(|bytes| i64::from_le_bytes(*bytes));
    let class = |(index, label)| {
        let class = usize::try_from(label).ok().filter(|class| *class < classes);
        class.with_context(|| {
            format!(
                "tensor `labels`: found {label} at index {index}, expected 0 to {} (the classes of `{}`)",
                classes - 1,
                info.name,
            )
        })
    };
    numbers.enumerate().map(class).collect()
}

fn tensor<'a>(file: &SafeTensors<'a>, name: &str, expected: &str) -> Result<TensorView<'a>> {
    file.tensor(name).ok().with_context(|| {
        let mut found = file.names();
        found.sort_unstable();
        found.truncate(10);
        format!(
            "no tensor `{name}`; found {}, expected `{name}` as {expected}",
            if found.is_empty() {
                "none".to_owned()
            } else {
                found.join(", ")
            },
        )
    })
}

fn describe(tensor: &TensorView<'_>) -> String {
    format!("{:?} {:?}", tensor.dtype(), tensor.shape())
}

/// Named tensors on their way to a file.
#[derive(Default)]
pub(crate) struct Output {
    tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
}

impl Output {
    /// Adds a tensor of `f32`.
    pub(crate) fn push(&mut self, name: &str, shape: &[usize], values: &[f32]) {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.tensors
            .push((name.to_owned(), shape.to_vec(), bytes.collect()));
    }

    /// Writes all tensors, or leaves what was at `path`.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut views = Vec::with_capacity(self.tensors.len());
        for (index, (name, shape, bytes)) in self.tensors.iter().enumerate() {
            ensure!(
                self.tensors[..index]
                    .iter()
                    .all(|(other, ..)| other != name),
                "{}: an output of the network is named `{name}` as another tensor that belongs \
                 there; give it another name in the spec",
                path.display(),
            );
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes)
                .with_context(|| format!("tensor `{name}`"))?;
            views.push((name, view));
        }
        write_atomically(path, &safetensors::serialize(views, None)?)?;
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::fake;

    /// Writes `x` and `labels`.
    pub(crate) fn write_input(path: &Path, shape: &[usize], x: &[f32], labels: Option<&[i64]>) {
        let count = [labels.map_or(0, <[i64]>::len)];
        write_labelled(path, shape, x, labels.map(|labels| (&count[..], labels)));
    }

    /// The same with labels of a shape.
    pub(crate) fn write_labelled(
        path: &Path,
        shape: &[usize],
        x: &[f32],
        labels: Option<(&[usize], &[i64])>,
    ) {
        let x: Vec<u8> = x.iter().flat_map(|value| value.to_le_bytes()).collect();
        let bytes = |labels: &[i64]| {
            labels
                .iter()
                .flat_map(|label| label.to_le_bytes())
                .collect()
        };
        let labels: Option<(_, Vec<u8>)> = labels.map(|(shape, labels)| (shape, bytes(labels)));
        let mut views = vec![(
            "x",
            TensorView::new(Dtype::F32, shape.to_vec(), &x).unwrap(),
        )];
        if let Some((shape, labels)) = &labels {
            views.push((
                "labels",
                TensorView::new(Dtype::I64, shape.to_vec(), labels).unwrap(),
            ));
        }
        fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }

    #[track_caller]
    fn refused(shape: &[usize], labels: Option<&[i64]>, parts: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        write_input(&path, shape, &vec![0.5; shape.iter().product()], labels);
        let message = format!("{:#}", Input::read(&path, &fake::INFO, true).unwrap_err());
        for part in parts.iter().chain(&["x.safetensors"]) {
            assert!(message.contains(part), "`{part}` missing in: {message}");
        }
    }

    #[test]
    fn refuses_what_does_not_fit() {
        refused(
            &[2, 1, 2, 3],
            Some(&[0, 1]),
            &[
                "tensor `x`",
                "found F32 [2, 1, 2, 3]",
                "expected F32 [N, 1, 2, 2]",
            ],
        );
        refused(&[0, 1, 2, 2], Some(&[]), &["found no images"]);
        refused(
            &[2, 1, 2, 2],
            None,
            &["no tensor `labels`", "found x", "I64 [2]"],
        );
        refused(
            &[2, 1, 2, 2],
            Some(&[0]),
            &["`labels`: found I64 [1], expected I64 [2]"],
        );
        refused(
            &[2, 1, 2, 2],
            Some(&[0, 4]),
            &["found 4 at index 1, expected 0 to 3"],
        );
        refused(&[2, 1, 2, 2], Some(&[-1, 0]), &["found -1 at index 0"]);
    }

    #[test]
    fn refuses_tensors_of_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let mut output = Output::default();
        output.push("loss", &[1], &[1.0]);
        output.push("loss", &[], &[2.0]);
        let error = output.write(&folder.path().join("y")).unwrap_err();
        assert!(error.to_string().contains("named `loss`"), "{error}");
    }

    #[test]
    fn refuses_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.safetensors");
        fs::write(&path, [0xff; 100]).unwrap();
        let message = format!("{:#}", Input::read(&path, &fake::INFO, false).unwrap_err());
        assert!(message.contains("expected a safetensors file"), "{message}");
    }
}
