//! What commands that build a network in several ways to measure it can be asked.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use super::CompileArgs;

/// Measures which algorithm is the fastest for each shape on this machine.
///
/// The network is built three times in one program: with direct convolutions, with
/// Winograd's F(2x2, 3x3) and with F(4x4, 3x3). Their layers are measured inside the
/// running networks, which take turns. The file that comes out is for `resnet build
/// --tuning` and the macro's option `tuning`; without one, a cost model chooses, the
/// same on every machine. Needs what `resnet build` needs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet tune my.yaml
  resnet tune my.yaml --batch 16 --threads 4 -o batch16.tuning.yaml
  resnet build my.yaml --tuning my.tuning.yaml")]
pub(crate) struct TuneArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Write to this file; by default MODEL.tuning.yaml.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Images per run.
    #[arg(long, default_value_t = 1, value_parser = at_least_1)]
    pub(crate) batch: usize,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// Measure for about this long.
    #[arg(long, default_value_t = 10.0, value_name = "S", value_parser = seconds)]
    pub(crate) seconds: f64,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
}

/// Measures how far single precision is from double precision, layer by layer.
///
/// The network is built three times in one program: as the compiler selects its
/// algorithms, with direct convolutions, and in double precision. An error is the
/// length of the difference, divided by the length of what is right. Needs what
/// `resnet build` needs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet errors specs/resnet18.yaml
  resnet errors specs/resnet18.yaml --weights resnet18.safetensors --input x.safetensors")]
pub(crate) struct ErrorsArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Parameters, as safetensors; by default as they are before training.
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Images, the tensor `x` of a safetensors file; by default random ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) input: Option<PathBuf>,
    /// How many random images.
    #[arg(long, default_value_t = 1, value_parser = at_least_1)]
    pub(crate) batch: usize,
    #[command(flatten)]
    pub(crate) threads: Threads,
    /// As one line of JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Threads {
    /// Threads to compute with; by default all cores.
    #[arg(long, value_name = "T", value_parser = at_least_1)]
    threads: Option<usize>,
}

impl Threads {
    /// The threads asked for, or one a core.
    pub(crate) fn count(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.unwrap_or_else(cores)
    }
}

fn at_least_1(text: &str) -> Result<usize, String> {
    let number = text.parse::<NonZeroUsize>();
    number
        .map(NonZeroUsize::get)
        .map_err(|error| error.to_string())
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().ok().filter(|s| (0.0..=86_400.0).contains(s));
    seconds.ok_or_else(|| "expected seconds, up to a day".to_owned())
}
