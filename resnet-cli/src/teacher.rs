//! Knowledge distillation (Hinton et al. 2015): a trained network teaches
//! another, by its probabilities of all classes.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use resnet_runtime::{DynModel, DynNetwork, ModelInfo, soft_cross_entropy, softmax};
use serde::{Deserialize, Serialize};

use crate::args::{not_negative, up_to_1};
use crate::commands::{check, read};
use crate::evaluation::classes;
use crate::flags;
use crate::format::shape;

/// Flags of `train`, of binaries that hold a second network.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Distillation {
    /// Parameters of the teacher, whose answers are learnt beside the labels
    #[arg(long, value_name = "FILE", help_heading = "Distillation")]
    pub(crate) teacher: Option<PathBuf>,
    /// What both networks' logits are divided by, where they are compared
    #[arg(long, value_name = "F", default_value_t = 4.0, value_parser = not_negative, help_heading = "Distillation")]
    pub(crate) kd_temperature: f64,
    /// Share of the teacher in the loss; the rest is the labels'
    #[arg(long, value_name = "F", default_value_t = 0.5, value_parser = up_to_1, help_heading = "Distillation")]
    pub(crate) kd_alpha: f64,
}

impl Default for Distillation {
    fn default() -> Self {
        flags::default()
    }
}

/// A network that teaches.
pub(crate) struct Teacher {
    model: Box<dyn DynModel>,
    classes: usize,
    temperature: f64,
    alpha: f64,
    targets: Vec<f32>,
    scaled: Vec<f32>,
    d_scaled: Vec<f32>,
}

impl Teacher {
    /// The teacher that was asked for, for batches of up to `size` images;
    /// refuses one that doesn't fit the student.
    pub(crate) fn load(
        network: Option<&dyn DynNetwork>,
        asked: &Distillation,
        student: &'static ModelInfo,
        (size, threads): (usize, usize),
    ) -> Result<Option<Self>> {
        let Some(path) = &asked.teacher else {
            return Ok(None);
        };
        let Some(network) = network else {
            anyhow::bail!(
                "--teacher: this binary holds no network but `{}`; one that holds a teacher is \
                 made by `Binary::teacher` (see the example `distill`)",
                student.name
            );
        };
        let info = network.info();
        let same = |what: &str, found: String, expected: String| {
            ensure!(
                found == expected,
                "--teacher: `{}` has {what} {found}, expected {expected} as `{}`",
                info.name,
                student.name,
            );
            Ok(())
        };
        same("images of", shape(info.input), shape(student.input))?;
        let [own, its] = [classes(student)?, classes(info)?];
        same("classes:", its.to_string(), own.to_string())?;
        let normalised = |info: &ModelInfo| {
            let said = &info.preprocessing;
            format!("{:?} and {:?}", said.mean, said.std)
        };
        same("mean and std", normalised(info), normalised(student))?;
        ensure!(
            asked.kd_temperature > 0.0,
            "--kd-temperature: expected a number above 0"
        );
        let parameters = read(info, path)?;
        check(&parameters, path, false)?;
        Ok(Some(Self {
            model: network.model(&parameters, size, threads)?,
            classes: own,
            temperature: asked.kd_temperature,
            alpha: asked.kd_alpha,
            targets: Vec::new(),
            scaled: Vec::new(),
            d_scaled: Vec::new(),
        }))
    }

    /// The loss of a batch with the teacher's share, and its gradient: of the
    /// labels' loss and gradient. The teacher's part is the divergence of the
    /// probabilities at the temperature, times its square, so that gradients
    /// keep their size.
    pub(crate) fn teach(
        &mut self,
        images: &[f32],
        logits: &[f32],
        loss: f32,
        d_logits: &mut [f32],
    ) -> Result<f32> {
        let answers = self.model.forward(images)?;
        let scale = |logit: &f32| (f64::from(*logit) / self.temperature) as f32;
        self.targets.clear();
        self.targets.resize(logits.len(), 0.0);
        self.scaled.clear();
        self.scaled.extend(answers.iter().map(scale));
        let rows = self.scaled.chunks_exact(self.classes);
        let mut entropy = 0.0;
        for (row, targets) in rows.zip(self.targets.chunks_exact_mut(self.classes)) {
            softmax(row, targets);
            let information = |p: &f32| f64::from(*p) * f64::from(p.max(f32::MIN_POSITIVE)).ln();
            entropy -= targets.iter().map(information).sum::<f64>();
        }
        entropy /= (logits.len() / self.classes) as f64;
        self.scaled.clear();
        self.scaled.extend(logits.iter().map(scale));
        self.d_scaled.resize(logits.len(), 0.0);
        let d_scaled = &mut self.d_scaled[..logits.len()];
        let crossed = soft_cross_entropy(&self.scaled, &self.targets, self.classes, d_scaled);
        let divergence = f64::from(crossed) - entropy;
        // A logit's change is divided by the temperature once more.
        let share = (self.alpha * self.temperature) as f32;
        let rest = (1.0 - self.alpha) as f32;
        for (d, d_scaled) in d_logits.iter_mut().zip(d_scaled) {
            *d = rest * *d + share * *d_scaled;
        }
        let taught = self.alpha * self.temperature.powi(2) * divergence;
        Ok(((1.0 - self.alpha) * f64::from(loss) + taught) as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake;
    use resnet_runtime::{Parameters, softmax_cross_entropy};

    const IMAGES: [f32; 8] = [0.1, 0.9, 0.4, 0.7, 0.2, 0.0, 1.0, 0.3];
    const LABELS: [usize; 2] = [3, 1];

    fn teacher(alpha: f64) -> Teacher {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("teacher.safetensors");
        Parameters::<f32>::init(&fake::INFO, 5).save(&path).unwrap();
        let asked = Distillation {
            teacher: Some(path),
            kd_temperature: 2.0,
            kd_alpha: alpha,
        };
        let network: &dyn DynNetwork = &fake::NETWORK;
        let loaded = Teacher::load(Some(network), &asked, &fake::INFO, (2, 1));
        loaded.unwrap().unwrap()
    }

    fn loss(alpha: f64, logits: &[f32]) -> (f64, Vec<f32>) {
        let mut d_logits = vec![0.0; 8];
        let loss = softmax_cross_entropy(logits, &LABELS, 4, &mut d_logits);
        let loss = teacher(alpha).teach(&IMAGES, logits, loss, &mut d_logits);
        (f64::from(loss.unwrap()), d_logits)
    }

    /// The gradient is the loss's, by differences.
    #[test]
    fn gradients() {
        let logits = [0.5, -1.0, 0.25, 2.0, 1.0, 0.0, -0.5, 0.75];
        for alpha in [0.0, 0.5, 1.0] {
            let (_, d_logits) = loss(alpha, &logits);
            for (at, d) in d_logits.iter().enumerate() {
                let moved = |by: f32| {
                    let mut logits = logits;
                    logits[at] += by;
                    loss(alpha, &logits).0
                };
                let difference = (moved(0.0625) - moved(-0.0625)) / 0.125;
                assert!(
                    (difference - f64::from(*d)).abs() < 2e-3,
                    "{difference} {d}"
                );
            }
        }
    }

    /// Who answers as the teacher has nothing to learn from it.
    #[test]
    fn the_teacher_is_content_with_itself() {
        let mut same = teacher(1.0);
        let logits = same.model.forward(&IMAGES).unwrap().to_vec();
        let mut d_logits = vec![1.0; 8];
        let loss = same.teach(&IMAGES, &logits, 9.0, &mut d_logits).unwrap();
        assert!(loss.abs() < 1e-5, "{loss}");
        assert!(d_logits.iter().all(|d| d.abs() < 1e-6), "{d_logits:?}");
    }

    #[test]
    fn teachers_that_do_not_fit() {
        let asked = Distillation {
            teacher: Some("w.safetensors".into()),
            ..Distillation::default()
        };
        let refused = |network: Option<&dyn DynNetwork>| {
            let loaded = Teacher::load(network, &asked, &fake::INFO, (2, 1));
            loaded.err().unwrap().to_string()
        };
        assert!(refused(None).contains("holds no network but `fake`"));
        assert!(refused(Some(&fake::MAPPED_NETWORK)).contains("doesn't classify images"));
        assert!(refused(Some(&fake::NETWORK)).contains("w.safetensors"));
    }
}
