//! What the tool can be asked.

mod compile;
mod study;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use compile::CompileArgs;
pub(crate) use study::{ErrorsArgs, TuneArgs};

/// Builds binaries from specs of residual networks, checks the specs and shows
/// what the compiler makes of them.
#[derive(Debug, Parser)]
#[command(
    name = "resnet",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  resnet build my.yaml -o my-model
  resnet new my-network
  resnet check specs/*.yaml
  resnet graph specs/resnet18.yaml --stage fused -o resnet18.svg
  resnet plan specs/resnet18.yaml --training -o arena.svg
  resnet import resnet50.onnx
  resnet explain E0501"
)]
pub(crate) struct Args {
    /// Whether messages are coloured.
    #[arg(
        long = "color",
        global = true,
        default_value = "auto",
        value_name = "WHEN"
    )]
    pub(crate) colour: Colour,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Colour {
    /// On terminals, unless NO_COLOR is set.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Build(BuildArgs),
    Check(CheckArgs),
    Errors(ErrorsArgs),
    Expand(ExpandArgs),
    ExpandSpec(ExpandSpecArgs),
    Graph(GraphArgs),
    New(NewArgs),
    Plan(PlanArgs),
    Info(InfoArgs),
    Import(ImportArgs),
    Explain(ExplainArgs),
    Schema(SchemaArgs),
    Tune(TuneArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// Builds one binary that runs, trains and measures the network of a spec.
///
/// All it takes is the spec: the tool carries the sources that it needs, and
/// has cargo compile them in a folder of its own, `resnet` in the user's cache
/// folder. The first build compiles everything and takes a minute or two; later
/// ones compile only their network. `MODEL info`, `bench`, `run`, `train` and
/// `eval` are what the binary can then do, on machines without Rust too.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Needs:
  cargo and rustc, from https://rustup.rs or the system's packages; a linker (cc);
  and for the first build a network, or cargo's cache of the packages

Environment:
  RESNET_CACHE_DIR  the folder for sources and compiled code, instead of `resnet`
                    in XDG_CACHE_HOME or ~/.cache; it may be removed at any time
  CARGO, RUSTC      which cargo and rustc are called
  RUSTFLAGS         reaches rustc, as with cargo

Examples:
  Build, then look at the network, measure it and train it:
      resnet build my.yaml -o my-model
      ./my-model info
      ./my-model bench --batch 16 --threads 2
      ./my-model train --data data/digits --epochs 20

  For this machine's processor only:
      resnet build my.yaml -o my-model --cpu native

  To fine-tune: a frozen backbone, weights of other classes, a new head:
      resnet build my.yaml -o tune --freeze conv1,bn1,layer1,layer2
      ./tune train --data DIR --initial-checkpoint W.safetensors --new-head

  Without a network, from packages that cargo has already:
      resnet build my.yaml --offline

  With the algorithms that are the fastest on this machine:
      resnet tune my.yaml
      resnet build my.yaml --tuning my.tuning.yaml

  Go on with a cargo project of your own, from the one that is built:
      resnet build my.yaml --keep")]
pub(crate) struct BuildArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Write the binary to this file; by default one named after the model.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Compute convolutions as `resnet tune` measured, by its file.
    #[arg(long, value_name = "FILE")]
    pub(crate) tuning: Option<PathBuf>,
    /// Layers that training leaves as they are, by name or by what their names begin
    /// with: `conv1,bn1,layer1`. No backward pass is compiled for them.
    #[arg(long, value_name = "LAYER,...", value_delimiter = ',')]
    pub(crate) freeze: Vec<String>,
    #[command(flatten)]
    pub(crate) compile: CompileArgs,
}

/// Tells every mistake in specs.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet check my.yaml
  resnet check specs/*.yaml")]
pub(crate) struct CheckArgs {
    /// Specs.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Prints the code that a spec becomes.
///
/// It compiles where it is pasted in a crate that depends on resnet-runtime,
/// under `#![forbid(unsafe_code)]` too.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet expand specs/digits.yaml | less
  resnet expand specs/digits.yaml -o src/digits.rs")]
pub(crate) struct ExpandArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Writes a spec in the layer form: every layer by name, with what it reads.
///
/// It describes the same network, to the last bit and by the same hash: a
/// start for networks that the family form has no words for.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet expand-spec specs/resnet18.yaml
  resnet expand-spec specs/resnet18.yaml -o my.yaml")]
pub(crate) struct ExpandSpecArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Draws the graph of a network as a stage of the compiler left it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet graph specs/digits.yaml
  resnet graph specs/resnet152.yaml --stage fused -o resnet152.svg
  resnet graph specs/digits.yaml --stage backward --format mermaid
  resnet graph specs/resnet18.yaml --format dot | dot -Tpdf -o resnet18.pdf
  resnet graph specs/resnet18.yaml --weights resnet18.safetensors -o resnet18.onnx")]
pub(crate) struct GraphArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// Which graph.
    #[arg(long, default_value = "lowered")]
    pub(crate) stage: Stage,
    /// How; by default what the ending of --output says, or text.
    #[arg(long)]
    pub(crate) format: Option<GraphFormat>,
    /// With --stage planned: the training step, not inference.
    #[arg(long)]
    pub(crate) training: bool,
    /// With --format onnx: the weights, as safetensors with the network's names.
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// With --format onnx: batch norms go into the convolutions before them.
    #[arg(long, requires = "weights")]
    pub(crate) fold: bool,
    /// Show every block of long runs of equal blocks.
    #[arg(long)]
    pub(crate) unfold: bool,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Stage {
    /// As the spec says it.
    Lowered,
    /// Inference, fused.
    Fused,
    /// A training step: fused, with its gradients.
    Backward,
    /// Fused, with the place of every value in the arena.
    Planned,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum GraphFormat {
    Dot,
    Svg,
    Mermaid,
    Text,
    /// A model with weights, for Netron and ONNX Runtime; needs --weights.
    Onnx,
}

/// Draws the memory plan: what lies where in the arena, and for how long.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet plan specs/resnet18.yaml -o inference.svg
  resnet plan specs/resnet18.yaml --training --format text")]
pub(crate) struct PlanArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// The plan of a training step, not of inference.
    #[arg(long)]
    pub(crate) training: bool,
    /// Billions of operations a second, for the roofline of a training step;
    /// `bench` of a network measures them.
    #[arg(long, default_value_t = 400.0, requires = "training")]
    pub(crate) gflops: f64,
    /// Billions of bytes a second from and to memory, for the roofline;
    /// `bench --layers` measures them.
    #[arg(long, default_value_t = 20.0, requires = "training")]
    pub(crate) gigabytes: f64,
    /// How; by default what the ending of --output says, or text.
    #[arg(long)]
    pub(crate) format: Option<PlanFormat>,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum PlanFormat {
    Svg,
    Text,
}

/// Prints layers, shapes, parameters, multiply-adds and memory plans.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet info specs/resnet50.yaml
  resnet info specs/resnet50.yaml --json -o resnet50.json")]
pub(crate) struct InfoArgs {
    /// The spec.
    pub(crate) file: PathBuf,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Turns an ONNX model of a residual network into a spec in the layer form, and
/// its weights.
///
/// It reads what PyTorch's exporters make of torchvision's and timm's ResNets.
/// What no layer does the work of is told all at once, by the nodes' names.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet import resnet50.onnx
  resnet import resnet50.onnx -o my.yaml --weights my.safetensors")]
pub(crate) struct ImportArgs {
    /// The ONNX model, its weights in the same file.
    pub(crate) file: PathBuf,
    /// Write the spec to this file; by default MODEL.yaml.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write the weights to this file; by default beside the spec.
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// The spec's `model`; by default after the model's file.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Starts a cargo project with a network: a crate that builds, tests and runs.
///
/// It holds the sources of the runtime and the compiler, so that nothing else is
/// needed but cargo and its packages.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet new my-network
  resnet new projects/net --name my-network")]
pub(crate) struct NewArgs {
    /// The folder to make; the package is named after it.
    pub(crate) folder: PathBuf,
    /// Another name for the package.
    #[arg(long)]
    pub(crate) name: Option<String>,
}

/// Explains the code of a mistake: why it happens and how to mend it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet explain E0501
  resnet explain")]
pub(crate) struct ExplainArgs {
    /// A code such as E0501; without one, all codes are listed.
    pub(crate) code: Option<String>,
}

/// Prints the JSON Schema of specs, for editors to complete and check with.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet schema -o resnet.schema.json

An editor with a YAML language server takes it from a spec's first line:
  # yaml-language-server: $schema=resnet.schema.json")]
pub(crate) struct SchemaArgs {
    /// Write to this file.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// Prints a script that has a shell complete commands and options.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet completions bash > ~/.local/share/bash-completion/completions/resnet
  resnet completions zsh > ~/.zfunc/_resnet")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Prints the manual of the tool or of one command, for `man -l -`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  resnet man | man -l -
  resnet man build | man -l -")]
pub(crate) struct ManArgs {
    /// The command; without one the manual is of the tool and all commands.
    pub(crate) command: Option<String>,
}

/// A mistake in arguments that only their combination shows: exit code 2.
pub(crate) fn usage(message: impl std::fmt::Display) -> anyhow::Error {
    use clap::CommandFactory;
    let kind = clap::error::ErrorKind::ArgumentConflict;
    Args::command().error(kind, message).into()
}
