//! What a compiled network says about itself: names, shapes, sizes and plans.

mod imagenet;
mod output;
mod preprocessing;
mod table;

use crate::geometry::{Init, Role, Sizes};
pub use imagenet::IMAGENET_CLASSES;
pub use output::OutputInfo;
pub use preprocessing::Preprocessing;
pub use table::{Repeated, Row, Rows, Table};

/// Everything a compiled network knows about itself, as data.
#[derive(Debug)]
pub struct ModelInfo {
    /// The spec's `model`.
    pub name: &'static str,
    /// Channels, height and width of one image.
    pub input: [usize; 3],
    /// What comes out for one image; [`Model::forward`](crate::Model::forward)
    /// returns the first.
    pub outputs: &'static [OutputInfo],
    /// Names of the classes in order of the logits; empty if the spec has none.
    pub class_names: &'static [&'static str],
    /// How pictures become images.
    pub preprocessing: Preprocessing,
    /// SHA-256 (hexadecimal) of the lowered graph's text.
    pub spec_hash: &'static str,
    /// Every parameter and running statistic, in torchvision's order.
    pub parameters: Table<ParameterInfo>,
    /// Trainable scalars.
    pub parameter_count: u64,
    /// Multiply-adds of one image's forward pass.
    pub macs: u64,
    /// Every layer in order of execution.
    pub layers: Table<LayerInfo>,
    /// Element counts of everything that is allocated once.
    pub sizes: Sizes,
    /// Memory plan of the forward pass.
    pub inference_plan: PlanInfo,
    /// Memory plan of a training step.
    pub training_plan: PlanInfo,
    /// False when it was compiled for inference only.
    pub trainable: bool,
    /// Channels, height and width of the map by which
    /// [`Trainer::explain`](crate::Trainer::explain) tells why, if there is one.
    pub explained: Option<[usize; 3]>,
    /// The highest batch limit that models and trainers take, if there is one.
    pub max_batch: Option<usize>,
}

impl ModelInfo {
    /// Values of the first output if that is a vector, such as logits of
    /// classes; `None` if it is a map.
    pub const fn classes(&self) -> Option<usize> {
        match self.outputs {
            [first, ..] if first.is_vector() => Some(first.shape[0]),
            _ => None,
        }
    }

    /// Elements for one image of all outputs together.
    pub const fn output_elements(&self) -> usize {
        match self.outputs {
            [.., last] => last.offset + last.elements(),
            [] => 0,
        }
    }

    /// Bytes that [`Weights`](crate::Weights) and one [`Model`](crate::Model)
    /// of them over `f32` allocate for a batch limit: packed weights, arena and
    /// outputs, and workspace for each thread. Every further model of the same
    /// weights takes this less `4 * sizes.packed`.
    pub const fn inference_bytes(&self, batch: usize, threads: usize) -> u64 {
        let images = self.micro_batch(batch, threads);
        let arena = images as u64 * self.inference_plan.peak as u64;
        let outputs = batch as u64 * self.output_elements() as u64;
        4 * (self.sizes.inference(threads) + arena + outputs)
    }

    /// Images of a batch that [`Model`](crate::Model) takes through the layers
    /// together: as many as the arena has room for, which should stay near the
    /// processor.
    pub const fn micro_batch(&self, batch: usize, threads: usize) -> usize {
        Sizes::micro_batch(self.inference_plan.peak, batch, threads)
    }

    /// Bytes that one [`Trainer`](crate::Trainer) over `f32` allocates for a
    /// batch limit: parameters, gradients, momenta, running and saved
    /// statistics, weights packed for both passes and (from the first
    /// evaluation on) for inference, with workspace for each thread, arena and
    /// outputs. Second moments, gradients put aside and averages come with
    /// their first use: `4 * sizes.trained` each, averages
    /// `4 * (sizes.master + sizes.running)`.
    pub const fn training_bytes(&self, batch: usize, threads: usize) -> u64 {
        let per_image = self.training_arena() + self.output_elements();
        4 * (self.sizes.training(threads) + batch as u64 * per_image as u64)
    }

    /// Elements per image of a trainer's arena, in which it also evaluates.
    pub(crate) const fn training_arena(&self) -> usize {
        Sizes::training_arena(self.training_plan.peak, self.inference_plan.peak)
    }
}

/// One parameter or running statistic.
#[derive(Clone, Copy, Debug)]
pub struct ParameterInfo {
    /// torchvision's name, such as `layer1.0.conv1.weight`.
    pub name: &'static str,
    /// Shape in files: torchvision's (`[out, in, kernel_h, kernel_w]`, ...).
    pub shape: &'static [usize],
    /// What it is, and so its layout.
    pub role: Role,
    /// Offset in the master parameters, or in the running statistics.
    pub offset: usize,
    /// How it is initialised.
    pub init: Init,
    /// True when training leaves it as it is.
    pub frozen: bool,
}

impl ParameterInfo {
    /// A parameter, its fields in order: one line of the emitted table. It is
    /// initialised as its role asks for, see [`Role::init`].
    pub const fn new(
        name: &'static str,
        shape: &'static [usize],
        role: Role,
        offset: usize,
    ) -> Self {
        Self {
            name,
            shape,
            role,
            offset,
            init: role.init(),
            frozen: false,
        }
    }

    /// The same, left as it is by training.
    pub const fn frozen(self) -> Self {
        Self {
            frozen: true,
            ..self
        }
    }

    /// True when training follows its gradient: it is no running statistic
    /// and not frozen.
    pub const fn is_trained(&self) -> bool {
        !self.role.is_running() && !self.frozen
    }

    /// The same parameter, initialised otherwise.
    pub const fn init(self, init: Init) -> Self {
        Self { init, ..self }
    }
}

/// One layer of the forward pass, for people.
#[derive(Clone, Copy, Debug)]
pub struct LayerInfo {
    /// Name, such as `layer1.0.conv1`.
    pub name: &'static str,
    /// What the fused layer does, such as `conv2d 3x3 + batch_norm + add + relu`.
    pub op: &'static str,
    /// Channels, height and width read.
    pub input: [usize; 3],
    /// Channels, height and width written.
    pub output: [usize; 3],
    /// Trainable scalars.
    pub parameters: u64,
    /// Multiply-adds for one image.
    pub macs: u64,
    /// Algorithm that was selected, such as `direct`.
    pub algorithm: &'static str,
}

impl LayerInfo {
    /// A layer, its fields in order: one line of the emitted table.
    pub const fn new(
        name: &'static str,
        op: &'static str,
        input: [usize; 3],
        output: [usize; 3],
        parameters: u64,
        macs: u64,
        algorithm: &'static str,
    ) -> Self {
        Self {
            name,
            op,
            input,
            output,
            parameters,
            macs,
            algorithm,
        }
    }
}

/// A memory plan, in elements per image: of the whole batch in training, of a
/// [micro-batch](ModelInfo::micro_batch) in inference.
#[derive(Clone, Copy, Debug)]
pub struct PlanInfo {
    /// Length of the arena.
    pub peak: usize,
    /// Largest set of laid-out buffers that are alive at once: no plan of the
    /// same layouts can be smaller.
    pub lower_bound: usize,
    /// The same without padding and halos.
    pub logical_lower_bound: usize,
}
