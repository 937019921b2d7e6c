//! What a binary is made of: a network, other ways to compute it, and what it
//! shows when called without a command.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use resnet_runtime::{DynModel, DynNetwork, DynTrainer, Error, ModelInfo, Parameters};

use crate::Demo;

/// The `main` of a spec's binary, and its network compiled twice: with the
/// algorithms that the compiler selects, and with direct convolutions alone,
/// so that `--algorithm` can compare them.
///
/// ```ignore
/// resnet_cli::binary!("specs/resnet18.yaml");
/// resnet_cli::binary!("specs/digits.yaml", demo = Demo { ... });
/// resnet_cli::binary!("specs/resnet18.yaml", freeze = ["conv1", "bn1", "layer1"]);
/// ```
#[macro_export]
macro_rules! binary {
    ($spec:tt $(, freeze = $freeze:tt)? $(, demo = $demo:expr)? $(,)?) => {
        ::resnet_runtime::resnet!(auto = $spec $(, freeze = $freeze)?);
        ::resnet_runtime::resnet!(direct = $spec, algorithm = direct, training = false);

        fn main() -> ::std::process::ExitCode {
            $crate::Binary::new(&auto::Network)
                .algorithm("auto", &auto::Network)
                .algorithm("direct", &direct::Network)
                $(.demo($demo))?
                .main()
        }
    };
}

/// A network's binary.
pub struct Binary {
    pub(crate) network: &'static dyn DynNetwork,
    pub(crate) algorithms: Vec<(&'static str, &'static dyn DynNetwork)>,
    pub(crate) demo: Option<Demo>,
    pub(crate) teacher: Option<&'static dyn DynNetwork>,
}

impl Binary {
    /// The binary of a network.
    pub fn new(network: &'static dyn DynNetwork) -> Self {
        Self {
            network,
            algorithms: Vec::new(),
            demo: None,
            teacher: None,
        }
    }

    /// The same with a choice of `--algorithm`: the same spec, compiled so.
    /// It needn't be trainable.
    pub fn algorithm(mut self, name: &'static str, network: &'static dyn DynNetwork) -> Self {
        self.algorithms.push((name, network));
        self
    }

    /// The same with something to show when it is called without a command.
    pub fn demo(self, demo: Demo) -> Self {
        let demo = Some(demo);
        Self { demo, ..self }
    }

    /// The same with a second network, which `train --teacher W.safetensors`
    /// distils into the first: images and classes must be the same. It needn't be
    /// trainable.
    pub fn teacher(self, teacher: &'static dyn DynNetwork) -> Self {
        let teacher = Some(teacher);
        Self { teacher, ..self }
    }

    /// Runs the command that the program's arguments ask for.
    pub fn main(&self) -> ExitCode {
        self.call(std::env::args_os())
    }

    /// Runs the command that these arguments ask for, the program's name first.
    pub fn call(&self, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
        crate::start(self, arguments)
    }

    /// The network by the algorithm of this name; as the spec says without one.
    pub(crate) fn by(&self, algorithm: Option<&str>) -> Chosen {
        let named = |&&(name, _): &&(&str, _)| Some(name) == algorithm;
        let inference = self.algorithms.iter().find(named);
        Chosen {
            inference: inference.map_or(self.network, |(_, network)| *network),
            training: self.network,
        }
    }
}

/// Inference by one algorithm, and training, which knows only one.
pub(crate) struct Chosen {
    inference: &'static dyn DynNetwork,
    training: &'static dyn DynNetwork,
}

impl DynNetwork for Chosen {
    fn info(&self) -> &'static ModelInfo {
        self.inference.info()
    }

    fn model(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error> {
        self.inference.model(parameters, batch_limit, threads)
    }

    fn model_of_file(
        &self,
        path: &Path,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynModel>, Error> {
        self.inference.model_of_file(path, batch_limit, threads)
    }

    fn packed(&self, parameters: &Parameters<f32>) -> Result<Vec<u8>, Error> {
        self.inference.packed(parameters)
    }

    fn trainer(
        &self,
        parameters: &Parameters<f32>,
        batch_limit: usize,
        threads: usize,
    ) -> Result<Box<dyn DynTrainer>, Error> {
        self.training.trainer(parameters, batch_limit, threads)
    }
}
