//! What can be asked of commands that read pictures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Algorithm, Threads, Weights, at_least_1};

/// Pictures, and how many of them run at once.
#[derive(Args, Debug)]
pub(crate) struct Pictures {
    /// PNG and JPEG files, folders of them, or - for one picture or a list of paths from standard input
    #[arg(required = true, value_name = "PICTURE")]
    pub(crate) pictures: Vec<PathBuf>,
    /// Pictures per run
    #[arg(short, long, value_name = "N", default_value_t = 8, value_parser = at_least_1)]
    pub(crate) batch_size: usize,
    #[command(flatten)]
    pub(crate) threads: Threads,
}

#[derive(Args, Debug)]
pub(crate) struct PredictArgs {
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    #[command(flatten)]
    pub(crate) weights: Weights,
    /// Classes to tell of each picture
    #[arg(short = 'k', long, value_name = "N", default_value_t = 5, value_parser = at_least_1)]
    pub(crate) topk: usize,
    /// Names of the classes, one a line, instead of the spec's
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// Print one line of JSON for each picture
    #[arg(long, conflicts_with = "csv")]
    pub(crate) json: bool,
    /// Print a table with commas: file, rank, class, name, probability
    #[arg(long)]
    pub(crate) csv: bool,
    /// Also write a web page with every picture, as the network sees it, and its classes
    #[arg(long, value_name = "FILE")]
    pub(crate) sheet: Option<PathBuf>,
    /// Also write every picture with what the network looks at for its first class (Grad-CAM)
    #[arg(long, value_name = "DIR")]
    pub(crate) explain: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
}

#[derive(Args, Debug)]
pub(crate) struct EmbedArgs {
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    #[command(flatten)]
    pub(crate) weights: Weights,
    /// Where to write one row a picture
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Which of the spec's outputs [default: the last]
    #[arg(long, value_name = "NAME")]
    pub(crate) feature: Option<String>,
    /// How; by default what the ending of --output says
    #[arg(long)]
    pub(crate) format: Option<EmbedFormat>,
    #[command(flatten)]
    pub(crate) algorithm: Algorithm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmbedFormat {
    /// The feature by its name, and the files' names as metadata.
    Safetensors,
    /// numpy's format; the files' names go to standard output.
    Npy,
    /// The file's name and its numbers, one row a picture.
    Csv,
    /// Apache Parquet: the file's name and a list of numbers, one row a picture.
    #[cfg(feature = "parquet")]
    Parquet,
}

#[derive(Args, Debug)]
pub(crate) struct PreprocessArgs {
    #[command(flatten)]
    pub(crate) pictures: Pictures,
    /// Where to write `x` (f32 [N, C, H, W]), as safetensors
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}
