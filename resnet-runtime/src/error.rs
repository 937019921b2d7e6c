//! What can go wrong, in words that say how to mend it.

use core::fmt;
#[cfg(feature = "std")]
use std::io;
#[cfg(feature = "std")]
use std::path::{Path, PathBuf};

#[cfg(not(feature = "std"))]
use crate::without_std::*;

/// Which file an error is about.
#[cfg(feature = "std")]
type FilePath = PathBuf;

/// Without files no error is about one.
#[cfg(not(feature = "std"))]
type FilePath = &'static str;

/// At most this many mismatches of one file are printed.
const SHOWN: usize = 50;

/// Everything that a caller can get wrong, or that a machine can refuse.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file that could not be read or written.
    #[cfg(feature = "std")]
    File {
        /// The path that was tried.
        path: PathBuf,
        /// Why the system refused.
        source: io::Error,
    },
    /// Bytes that are no sound safetensors file.
    Format {
        /// The file, if it was one.
        path: Option<FilePath>,
        /// What was found.
        found: String,
        /// What to do about it.
        mend: String,
    },
    /// A sound file whose tensors are not those of the model.
    Tensors {
        /// The file, if it was one.
        path: Option<FilePath>,
        /// The model that they were meant for.
        model: &'static str,
        /// Every tensor that differs: the model's in its own order, then
        /// those it doesn't know.
        mismatches: Vec<Mismatch>,
        /// What the mismatches have in common, and what to do about it.
        hint: Option<String>,
    },
    /// A name that is no parameter of the model.
    UnknownParameter {
        /// The name that was asked for.
        name: String,
        /// The model.
        model: &'static str,
    },
    /// A name that is no output of the model.
    UnknownOutput {
        /// The name that was given.
        name: String,
        /// The model.
        model: &'static str,
        /// The names of its outputs.
        known: Vec<&'static str>,
    },
    /// Two gradients for one output.
    RepeatedOutput {
        /// The output's name.
        name: String,
    },
    /// A slice of the wrong length.
    Length {
        /// What the slice holds.
        what: String,
        /// Its elements.
        found: usize,
        /// The elements that would be right, and why.
        expected: String,
    },
    /// A batch limit or a number of threads out of range.
    Limit {
        /// The argument's name.
        what: &'static str,
        /// Its value.
        found: usize,
        /// The values that are allowed.
        expected: String,
    },
    /// Parameters that were made for another model.
    OtherModel {
        /// Name and spec hash that the parameters carry.
        found: String,
        /// Name and spec hash of the network.
        expected: String,
    },
    /// `RESNET_ISA` names an instruction set that can't be used.
    InstructionSet(&'static str),
    /// More memory than there is.
    Memory {
        /// What it was for.
        what: &'static str,
        /// Bytes that it needs.
        bytes: u128,
    },
    /// A trainer of a network that was compiled for inference only.
    InferenceOnly {
        /// The network.
        model: &'static str,
    },
    /// An explanation by a network that has no map to explain by.
    NotExplained {
        /// The network.
        model: &'static str,
    },
    /// `backward` without a `forward` right before it.
    BackwardBeforeForward,
}

/// How one tensor of a file differs from the model's.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The model needs it, the file lacks it.
    Missing {
        /// Name of the tensor.
        name: String,
        /// The model's shape.
        expected: Vec<usize>,
    },
    /// The file has it, the model doesn't.
    Extra {
        /// Name of the tensor.
        name: String,
        /// The file's shape.
        found: Vec<usize>,
    },
    /// The file has it twice, with and without the prefix `module.`.
    Twice {
        /// Name of the tensor.
        name: String,
    },
    /// Its shape in the file is not the model's.
    Shape {
        /// Name of the tensor.
        name: String,
        /// The file's shape.
        found: Vec<usize>,
        /// The model's shape.
        expected: Vec<usize>,
    },
    /// Its element type can't be converted.
    Dtype {
        /// Name of the tensor.
        name: String,
        /// The file's element type.
        found: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "std")]
            Self::File { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Format { path, found, mend } => {
                prefix(f, path.as_ref())?;
                write!(f, "{found}; {mend}")
            }
            Self::Tensors {
                path,
                model,
                mismatches,
                hint,
            } => {
                prefix(f, path.as_ref())?;
                let count = mismatches.len();
                let (tensors, do_not) = if count == 1 {
                    ("tensor", "doesn't")
                } else {
                    ("tensors", "don't")
                };
                write!(f, "{count} {tensors} {do_not} fit {model}:")?;
                for mismatch in mismatches.iter().take(SHOWN) {
                    write!(f, "\n  {mismatch}")?;
                }
                if count > SHOWN {
                    write!(f, "\n  and {} more", count - SHOWN)?;
                }
                if let Some(hint) = hint {
                    write!(f, "\n{hint}")?;
                }
                Ok(())
            }
            Self::UnknownParameter { name, model } => {
                write!(f, "{model} has no parameter `{name}`")
            }
            Self::UnknownOutput { name, model, known } => {
                let known = known.join("`, `");
                write!(f, "{model} has no output `{name}`, only `{known}`")
            }
            Self::RepeatedOutput { name } => {
                write!(f, "gradient of `{name}`: given twice; add them up first")
            }
            Self::Length {
                what,
                found,
                expected,
            } => write!(f, "{what}: found {found} elements, expected {expected}"),
            Self::Limit {
                what,
                found,
                expected,
            } => write!(f, "{what}: found {found}, expected {expected}"),
            Self::OtherModel { found, expected } => write!(
                f,
                "parameters of {found} given to {expected}; make them from the same spec"
            ),
            Self::InstructionSet(why) => f.write_str(why),
            Self::Memory { what, bytes } => write!(
                f,
                "no memory for {what}: {bytes} bytes needed; choose a smaller batch limit"
            ),
            Self::InferenceOnly { model } => write!(
                f,
                "{model} was compiled for inference only: \
                 leave out `training = false` where `resnet!` compiles it to train it"
            ),
            Self::NotExplained { model } => write!(
                f,
                "{model} has no map that explains its answers: its first output must be a vector \
                 that is computed of a map, and not all layers before that map may be frozen"
            ),
            Self::BackwardBeforeForward => f.write_str(
                "backward needs the activations of a forward pass right before it; \
                 call `forward` first (`backward` and `evaluate` use them up)",
            ),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            #[cfg(feature = "std")]
            Self::File { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl Error {
    /// The same error, with the path of the file that caused it.
    #[cfg(feature = "std")]
    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        if let Self::Format { path, .. } | Self::Tensors { path, .. } = &mut self {
            *path = Some(file.to_owned());
        }
        self
    }
}

impl Mismatch {
    /// The tensor's name.
    pub fn name(&self) -> &str {
        match self {
            Self::Missing { name, .. }
            | Self::Extra { name, .. }
            | Self::Twice { name }
            | Self::Shape { name, .. }
            | Self::Dtype { name, .. } => name,
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, expected } => {
                write!(f, "{name}: missing, expected {expected:?}")
            }
            Self::Extra { name, found } => write!(f, "{name}: unknown, found {found:?}"),
            Self::Twice { name } => {
                write!(
                    f,
                    "{name}: there twice, with and without the prefix `module.`"
                )
            }
            Self::Shape {
                name,
                found,
                expected,
            } => write!(f, "{name}: found shape {found:?}, expected {expected:?}"),
            Self::Dtype { name, found } => {
                write!(
                    f,
                    "{name}: found {found} elements, expected F32, F16, BF16 or F64"
                )
            }
        }
    }
}

fn prefix(f: &mut fmt::Formatter<'_>, path: Option<&FilePath>) -> fmt::Result {
    match path {
        Some(path) => {
            #[cfg(feature = "std")]
            let path = path.display();
            write!(f, "{path}: ")
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        let missing = |i: usize| Mismatch::Missing {
            name: format!("layer{i}.weight"),
            expected: vec![i],
        };
        let error = Error::Tensors {
            path: Some("w.safetensors".into()),
            model: "net",
            mismatches: (0..53).map(missing).collect(),
            hint: Some("mend it".into()),
        };
        let text = error.to_string();
        assert!(text.starts_with(
            "w.safetensors: 53 tensors don't fit net:\n  layer0.weight: missing, expected [0]\n"
        ));
        assert!(text.ends_with("layer49.weight: missing, expected [49]\n  and 3 more\nmend it"));
    }
}
