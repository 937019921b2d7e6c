//! What can be asked on the command line. Flags carry timm's names.

mod examples;
mod pictures;
mod weights;

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;

use crate::augment::Augmentation;
use crate::binary::Binary;
use crate::format::shape;
use crate::recipe;
use crate::teacher::Distillation;
use crate::training::Settings;
use crate::tuning::Tuning;
use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use examples::EXAMPLES;
pub(crate) use pictures::{EmbedArgs, EmbedFormat, Pictures, PredictArgs, PreprocessArgs};
pub(crate) use weights::{ConvertArgs, PackArgs, Weights};

/// The whole command line; its name and examples are the model's.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show layers, sizes, multiply-adds, memory plan and spec hash
    Info(InfoArgs),
    /// Measure how fast the network runs or trains, on random weights and images
    Bench(BenchArgs),
    /// Tell what pictures show
    Predict(PredictArgs),
    /// Write a feature of every picture, for search and clustering
    Embed(EmbedArgs),
    /// Write pictures as the tensors that `run` reads
    Preprocess(PreprocessArgs),
    /// Write weights as safetensors, from PyTorch's checkpoints too
    Convert(ConvertArgs),
    /// Write weights as the kernels of this processor read them: loaded at once, or put into a program
    Pack(PackArgs),
    /// Print a script that has a shell complete commands and options
    Completions(CompletionsArgs),
    /// Print the manual of the binary or of one command, for `man -l -`
    Man(ManArgs),
    /// Run the network on raw tensors, with gradients if asked
    Run(RunArgs),
    /// Train on a data set: MNIST's or CIFAR's files, or folders of pictures
    Train(Box<TrainArgs>),
    /// Measure loss and accuracy on the test part of a data set
    Eval(EvalArgs),
}

impl Command {
    /// What `--algorithm` asks for, if the command has it.
    pub(crate) fn algorithm(&self) -> Option<&str> {
        let algorithm = match self {
            Self::Info(args) => &args.algorithm,
            Self::Bench(args) => &args.algorithm,
            Self::Run(args) => &args.algorithm,
            Self::Eval(args) => &args.algorithm,
            Self::Predict(args) => &args.algorithm,
            Self::Embed(args) => &args.algorithm,
            Self::Pack(args) => &args.algorithm,
            Self::Train(_)
            | Self::Preprocess(_)
            | Self::Convert(_)
            | Self::Completions(_)
            | Self::Man(_) => return None,
        };
        algorithm.name()
    }
}

/// Of commands that run inference; which values there are is the binary's.
#[derive(Args, Debug)]
pub(crate) struct Algorithm {
    /// How convolutions of inference are computed
    #[arg(long, value_name = "NAME")]
    algorithm: Option<String>,
}

impl Algorithm {
    /// What was asked for.
    pub(crate) fn name(&self) -> Option<&str> {
        self.algorithm.as_deref()
    }
}

#[derive(Args, Debug)]
pub(crate) struct InfoArgs {
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct BenchArgs {
    /// Images per run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = at_least_1)]
    pub(crate) batch: usize,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
    /// Measure a training step: forward, loss, backward and update
    #[arg(long, conflicts_with = "algorithm")]
    pub(crate) train: bool,
    /// Also tell the time of every layer, or with --train of every kind of call
    #[arg(long)]
    pub(crate) layers: bool,
    /// Write a typical run as a trace for Perfetto or chrome://tracing
    #[arg(long, value_name = "FILE")]
    pub(crate) profile: Option<PathBuf>,
    /// Measure for about this long, and for at least 10 runs
    #[arg(long, value_name = "S", default_value_t = 3.0, value_parser = not_negative)]
    pub(crate) seconds: f64,
    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) weights: Weights,
    /// safetensors with `x` (f32 [N, C, H, W]) and, for --grad, `labels` (i64 [N])
    #[arg(long, value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Where to write `logits` and what --grad adds, as safetensors
    #[arg(long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Also write `loss`, `logits_train`, `grad.<parameter>` and `after.<buffer>` of a training step
    #[arg(long)]
    pub(crate) grad: bool,
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Args, Debug)]
pub(crate) struct TrainArgs {
    /// Folder of the data set: MNIST's IDX files (plain or gzip), CIFAR-10's or CIFAR-100's binary files, or pictures in train/CLASS/ and val/CLASS/ or test/CLASS/
    #[arg(long, value_name = "DIR", required_unless_present = "resume")]
    pub(crate) data: Option<PathBuf>,
    /// Don't read all pictures before the first step, to find those that can't be read
    #[arg(long)]
    pub(crate) skip_check: bool,
    /// Passes over the training part
    #[arg(long, value_name = "N", default_value_t = Settings::default().epochs, value_parser = at_least_1)]
    pub(crate) epochs: usize,
    /// Images per step
    #[arg(short, long, value_name = "N", default_value_t = Settings::default().batch_size, value_parser = at_least_2)]
    pub(crate) batch_size: usize,
    /// Highest learning rate
    #[arg(long, value_name = "F", default_value_t = Settings::default().lr, value_parser = not_negative)]
    pub(crate) lr: f64,
    /// Momentum of SGD and LARS
    #[arg(long, value_name = "F", default_value_t = Settings::default().momentum, value_parser = not_negative)]
    pub(crate) momentum: f64,
    /// Weight decay of convolution and linear weights
    #[arg(long, value_name = "F", default_value_t = Settings::default().weight_decay, value_parser = not_negative)]
    pub(crate) weight_decay: f64,
    /// Fixes the initial parameters and the order of the images
    #[arg(long, value_name = "N", default_value_t = Settings::default().seed)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) workers: Workers,
    /// Folder for the results [default: runs/MODEL-1, -2, ...]
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    /// Go on with the run in this folder, from its last checkpoint and with its settings
    #[arg(long, value_name = "DIR", conflicts_with_all = ["output", "weights", "epochs", "batch_size", "lr", "momentum", "weight_decay", "seed", "Tuning", "Augmentation", "Distillation", "recipe"])]
    pub(crate) resume: Option<PathBuf>,
    /// Seconds between checkpoints within an epoch
    #[arg(long, value_name = "S", default_value_t = 60.0, value_parser = not_negative)]
    pub(crate) recovery_interval: f64,
    /// Start from these parameters instead of random ones
    #[arg(long, value_name = "FILE", visible_alias = "initial-checkpoint")]
    pub(crate) weights: Option<PathBuf>,
    /// With --weights: start with a new head, so that the file's classes may be others
    #[arg(long, requires = "weights")]
    pub(crate) new_head: bool,
    #[command(flatten)]
    pub(crate) tuning: Tuning,
    #[command(flatten)]
    pub(crate) augmentation: Augmentation,
    #[command(flatten)]
    pub(crate) distillation: Distillation,
    /// Flags as a YAML file, such as a run's args.yaml; flags here go before it
    #[arg(long, value_name = "FILE")]
    pub(crate) recipe: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(crate) struct EvalArgs {
    /// Folder of the data set, as for `train`
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    #[command(flatten)]
    pub(crate) weights: Weights,
    /// Images per run
    #[arg(short, long, value_name = "N", default_value_t = Settings::default().batch_size, value_parser = at_least_1)]
    pub(crate) batch_size: usize,
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
    #[command(flatten)]
    pub(crate) threads: Threads,
    #[command(flatten)]
    pub(crate) workers: Workers,
    /// Also draw the confusion matrix, as SVG
    #[arg(long, value_name = "FILE")]
    pub(crate) confusion: Option<PathBuf>,
    /// Print one line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManArgs {
    /// The command; without one the manual is of the binary and all commands
    pub(crate) command: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Threads {
    /// Threads to compute with [default: all cores]
    #[arg(long, value_name = "T", value_parser = at_least_1)]
    threads: Option<usize>,
}

impl Threads {
    /// The threads asked for, or one a core.
    pub(crate) fn count(&self) -> usize {
        self.threads.unwrap_or_else(all_cores)
    }
}

#[derive(Args, Debug)]
pub(crate) struct Workers {
    /// Threads of their own that load and augment images; 0 for none [default: half the cores]
    #[arg(short = 'j', long, value_name = "N")]
    workers: Option<usize>,
}

impl Workers {
    /// The workers asked for, or one for two cores.
    pub(crate) fn count(&self) -> usize {
        self.workers.unwrap_or_else(some_workers)
    }
}

/// One worker for two cores.
pub(crate) fn some_workers() -> usize {
    all_cores().div_ceil(2)
}

/// As many threads as the process has cores.
pub(crate) fn all_cores() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Parses `arguments` (the program's name first) for the model's binary.
/// `None` means no command, which only a binary with a demonstration takes.
pub(crate) fn parse(
    binary: &Binary,
    arguments: impl IntoIterator<Item = OsString>,
) -> anyhow::Result<Option<Command>> {
    let mut command = command(binary);
    let arguments = recipe::expand(&train_command(), arguments.into_iter().collect())?;
    let matches = command.try_get_matches_from_mut(arguments)?;
    let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    Ok(cli.command)
}

/// `train` alone, whose flags recipes may hold.
pub(crate) fn train_command() -> clap::Command {
    TrainArgs::augment_args(clap::Command::new("train"))
}

/// The whole command line of a binary.
pub(crate) fn command(binary: &Binary) -> clap::Command {
    let (info, has_demo) = (binary.network.info(), binary.demo.is_some());
    let [channels, height, width] = info.input;
    let outputs = info.outputs.iter();
    let outputs: Vec<_> = outputs
        .map(|output| format!("{} of {}", output.name, shape(output.shape)))
        .collect();
    let mut about = format!(
        "The network `{}`: {channels}x{height}x{width} in, {} out",
        info.name,
        match info.classes() {
            Some(classes) if outputs.len() == 1 => format!("{classes} classes"),
            _ => outputs.join(", "),
        }
    );
    if has_demo {
        about.push_str(". Without a command, shows what it can do: trains, tests and classifies");
    }
    let examples = |lines: &[&str]| {
        let lines: Vec<_> = lines
            .iter()
            .map(|line| format!("  {} {}", info.name, line.replace("NAME", info.name)))
            .collect();
        format!("Examples:\n{}", lines.join("\n"))
    };
    let mut command = Cli::command()
        .name(info.name)
        // A flag goes before a recipe's.
        .mut_subcommand("train", |train| train.args_override_self(true))
        .about(about)
        .subcommand_required(!has_demo)
        .arg_required_else_help(!has_demo)
        .after_help(examples(&EXAMPLES.map(|(_, lines)| lines[0])));
    let names = binary.algorithms.iter().map(|(name, _)| *name);
    let names = PossibleValuesParser::new(names);
    for (name, lines) in EXAMPLES {
        let with_algorithm = WITH_ALGORITHM.contains(&name);
        // Each goes to the end of the list when it is changed.
        command = command.mut_subcommand(name, |sub| match with_algorithm {
            false => sub.after_help(examples(lines)),
            true => sub.after_help(examples(lines)).mut_arg("algorithm", |arg| {
                match binary.algorithms.is_empty() {
                    true => arg.hide(true).value_parser(only_one),
                    false => arg.value_parser(names.clone()),
                }
            }),
        });
    }
    command
}

/// The commands that have `--algorithm`.
const WITH_ALGORITHM: [&str; 7] = ["info", "bench", "predict", "embed", "pack", "run", "eval"];

/// Of a binary whose network was compiled once.
fn only_one(_: &str) -> Result<String, String> {
    Err("this binary has no choice: its network was compiled once".to_owned())
}

pub(crate) fn at_least_1(text: &str) -> Result<usize, String> {
    at_least(text, 1)
}

/// Training's batch norm needs two images to have a variance.
fn at_least_2(text: &str) -> Result<usize, String> {
    at_least(text, 2)
}

fn at_least(text: &str, least: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(format!("expected a whole number of at least {least}")),
    }
}

pub(crate) fn not_negative(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        _ => Err("expected a finite number of at least 0".to_owned()),
    }
}

/// Of a whole: 0 and 1 included.
pub(crate) fn up_to_1(text: &str) -> Result<f64, String> {
    match not_negative(text) {
        Ok(number) if number <= 1.0 => Ok(number),
        _ => Err("expected a number between 0 and 1".to_owned()),
    }
}

/// Of a whole: 0 included, 1 not.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match not_negative(text) {
        Ok(number) if number < 1.0 => Ok(number),
        _ => Err("expected a number of at least 0 and below 1".to_owned()),
    }
}
