//! What a training can be told beyond length, batch and rate. Flags, keys of
//! recipes and keys of `args.yaml` are one table: the fields here.

use anyhow::{Result, bail};
use clap::{ArgAction, Args, ValueEnum};
use resnet_runtime::{AdamW, Lars, Optimizer, Sgd};
use serde::{Deserialize, Serialize};

use crate::args::{at_least_1, not_negative, share};
use crate::flags;
use crate::training::Settings;

/// Flags of `train`; the names are timm's where timm has them.
#[derive(Args, Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tuning {
    /// Optimiser: Nesterov's SGD, SGD with plain momentum, AdamW, LARS
    #[arg(long, value_enum, value_name = "NAME", default_value = "sgd")]
    pub(crate) opt: Opt,
    /// Pull of weights towards zero by their magnitude
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = not_negative)]
    pub(crate) l1: f64,
    /// AdamW's betas [default: 0.9,0.999]
    #[arg(long, value_name = "F,F", value_delimiter = ',', action = ArgAction::Set, value_parser = share)]
    pub(crate) opt_betas: Vec<f64>,
    /// What keeps divisions of AdamW and LARS finite [default: 1e-8]
    #[arg(long, value_name = "F", value_parser = not_negative)]
    pub(crate) opt_eps: Option<f64>,
    /// Longest gradient, of all parameters together; longer ones are shortened
    #[arg(long, value_name = "F", value_parser = not_negative)]
    pub(crate) clip_grad: Option<f64>,
    /// Batches that make one update
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_1)]
    pub(crate) grad_accum_steps: usize,
    /// How the learning rate goes, after the warm-up
    #[arg(long, value_enum, value_name = "NAME", default_value = "cosine")]
    pub(crate) sched: Sched,
    /// Epochs in which the rate rises to --lr [default: a twentieth of all; 3 tenths for onecycle]
    #[arg(long, value_name = "F", value_parser = not_negative)]
    pub(crate) warmup_epochs: Option<f64>,
    /// Rate that cosine and onecycle end with
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = not_negative)]
    pub(crate) min_lr: f64,
    /// Epochs between two steps of the step schedule
    #[arg(long, value_name = "F", default_value_t = 30.0, value_parser = not_negative)]
    pub(crate) decay_epochs: f64,
    /// What each step of the step schedule multiplies the rate by
    #[arg(long, value_name = "F", default_value_t = 0.1, value_parser = not_negative)]
    pub(crate) decay_rate: f64,
    /// Share of a label that is spread over all classes
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = share)]
    pub(crate) smoothing: f64,
    /// Weight of each class in the loss [default: 1 each]
    #[arg(long, value_name = "F,F,...", value_delimiter = ',', action = ArgAction::Set, value_parser = not_negative)]
    pub(crate) class_weights: Vec<f64>,
    /// Mix pairs of images, by shares of a beta distribution of this parameter
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = not_negative)]
    pub(crate) mixup: f64,
    /// Paste a rectangle of another image, of an area as for --mixup; with both, one of them a batch
    #[arg(long, value_name = "F", default_value_t = 0.0, value_parser = not_negative)]
    pub(crate) cutmix: f64,
    /// Keep moving averages of all parameters, and evaluate these
    #[arg(long)]
    pub(crate) model_ema: bool,
    /// Share of the old average in the new one
    #[arg(long, value_name = "F", default_value_t = 0.9998, value_parser = share)]
    pub(crate) model_ema_decay: f64,
    /// Leave out up to so many pictures that can't be read, and name them; more are refused
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[serde(default)]
    pub(crate) max_unreadable: usize,
    /// Stop after so many epochs without a better test accuracy
    #[arg(long, value_name = "N", value_parser = at_least_1)]
    pub(crate) early_stopping: Option<usize>,
    /// After training, take batch norms' statistics over the whole training part
    #[arg(long, conflicts_with = "model_ema")]
    pub(crate) reestimate_bn: bool,
    /// Record the lengths of gradients layer by layer, a few times an epoch, as a table and a picture
    #[arg(long)]
    pub(crate) grad_norms: bool,
}

impl Default for Tuning {
    fn default() -> Self {
        flags::default()
    }
}

/// Values of `--opt`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub(crate) enum Opt {
    Sgd,
    Momentum,
    AdamW,
    Lars,
}

/// Values of `--sched`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
#[value(rename_all = "lower")]
pub(crate) enum Sched {
    Cosine,
    Step,
    OneCycle,
    Constant,
}

impl Settings {
    /// The optimiser that was asked for.
    pub(crate) fn optimizer(&self) -> Result<Optimizer> {
        let tuning = &self.tuning;
        let betas = match *tuning.opt_betas {
            [] => AdamW::default().betas,
            [first, second] => [first, second],
            ref others => {
                let found = others.len();
                bail!("--opt-betas: found {found} numbers, expected 2")
            }
        };
        let sgd = Sgd {
            lr: self.lr,
            momentum: self.momentum,
            weight_decay: self.weight_decay,
            l1: tuning.l1,
            nesterov: tuning.opt == Opt::Sgd && self.momentum > 0.0,
        };
        let epsilon = tuning.opt_eps.unwrap_or(1e-8);
        Ok(match tuning.opt {
            Opt::Sgd | Opt::Momentum => sgd.into(),
            Opt::Lars => Optimizer::Lars(Lars {
                sgd,
                epsilon,
                ..Lars::default()
            }),
            Opt::AdamW => Optimizer::AdamW(AdamW {
                lr: self.lr,
                betas,
                epsilon,
                weight_decay: self.weight_decay,
                l1: tuning.l1,
            }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_nesterov_and_a_cosine() {
        let settings = Settings::default();
        let expected = Sgd {
            lr: 0.1,
            momentum: 0.9,
            weight_decay: 1e-4,
            l1: 0.0,
            nesterov: true,
        };
        assert_eq!(settings.optimizer().unwrap(), expected.into());
        assert_eq!(settings.tuning.sched, Sched::Cosine);
    }

    #[test]
    fn other_optimizers() {
        let with = |opt, betas: &[f64]| {
            let tuning = Tuning {
                opt,
                opt_betas: betas.to_vec(),
                ..Tuning::default()
            };
            let settings = Settings {
                tuning,
                ..Settings::default()
            };
            settings.optimizer()
        };
        assert!(with(Opt::AdamW, &[0.5]).is_err());
        let with = |opt, betas: &[f64]| with(opt, betas).unwrap();
        assert!(matches!(with(Opt::Momentum, &[]), Optimizer::Sgd(sgd) if !sgd.nesterov));
        assert!(matches!(with(Opt::Lars, &[]), Optimizer::Lars(_)));
        let Optimizer::AdamW(adamw) = with(Opt::AdamW, &[0.5, 0.75]) else {
            panic!("AdamW")
        };
        assert_eq!((adamw.betas, adamw.weight_decay), ([0.5, 0.75], 1e-4));
    }
}
