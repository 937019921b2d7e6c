//! The stages, and what lies between them.

use super::block::Site;
use super::convert::activation;
use super::{Expansion, Features};
use crate::diagnostics::{Code, Diagnostic, Diagnostics};
use crate::parameter::Init;
use crate::spec::{Family, Order, Stage};

/// The most values that the layers of a network read: five times those of the deepest network
/// that was published, and what is refused within a second if it exceeds its limits.
const MOST_READ: usize = 24_576;

/// The most tensors that the layers of a network have as parameters, likewise.
const MOST_TENSORS: usize = 32_768;

impl Expansion {
    /// All stages; an error if there are too many layers to go on.
    pub(super) fn stages(
        &mut self,
        spec: Family<'_>,
        mut features: Features,
    ) -> Result<Features, Diagnostics> {
        let (mut read, mut tensors) = (0, 0);
        let blocks: usize = spec.stages.iter().map(|stage| stage.blocks.value).sum();
        let orders: Vec<_> = spec
            .stages
            .iter()
            .map(|stage| stage.block(spec.block).order.value)
            .collect();
        let mut done = 0;
        let mut dilation = 1;
        for (s, stage) in spec.stages.iter().enumerate() {
            self.place = stage.place;
            let block = stage.block(spec.block);
            self.activation = match &block.activation {
                Some(own) => activation(&own.value),
                None => activation(&spec.activation.value),
            };
            let (stage_name, prefix) = self.names.stage(s);
            for b in 0..stage.blocks.value {
                let name = format!("{prefix}{b}");
                let first = self.list.len();
                features = match (&stage.layers, stage.channels) {
                    (Some(written), _) => self.written_block(written, &name, features),
                    // Decoding asks for one of the two.
                    (None, None) => features,
                    (None, Some(channels)) => {
                        let site = Site {
                            keys: &block,
                            name: &name,
                            channels: channels.value,
                            stride: if b == 0 { stage.stride.value } else { [1, 1] },
                            dilations: [dilation, stage.dilation.value],
                            drop_path: share(block.drop_path.value, done, blocks),
                        };
                        self.block(&site, features)
                    }
                };
                for layer in &self.list[first..] {
                    read += layer.inputs.len();
                    tensors += layer.kind.parameters().len();
                }
                let too_much = match (read > MOST_READ, tensors > MOST_TENSORS) {
                    (true, _) => Some(format!("read more than {MOST_READ} values of one another")),
                    (_, true) => Some(format!(
                        "have more than {MOST_TENSORS} tensors of parameters"
                    )),
                    _ => None,
                };
                if let Some(too_much) = too_much {
                    self.found.push(too_many_layers(stage, &too_much));
                    Diagnostics::check(std::mem::take(&mut self.found))?;
                }
                self.named.insert(name, features.source);
                dilation = stage.dilation.value;
                done += 1;
            }
            self.named.insert(stage_name.clone(), features.source);
            // Sums of blocks with pre-activation are bare: something has to follow them.
            let bare = orders[s] == Order::PreActivation;
            let next = orders.get(s + 1);
            if bare && next != Some(&Order::PreActivation) {
                let prefix = match next {
                    Some(_) => format!("{stage_name}."),
                    None => String::new(),
                };
                let norm = format!("{prefix}{}", self.names.norm());
                features = self.norm(&norm, Init::ONE, features);
                features = self.activation(&format!("{norm}."), "", features);
            }
        }
        Ok(features)
    }
}

fn too_many_layers(stage: &Stage, too_much: &str) -> Diagnostic {
    let message = format!("with this stage the network's layers {too_much}");
    Diagnostic::new(Code::ModelTooLarge, stage.blocks.place, message)
        .help("make the number of blocks smaller")
}

/// The share of `rate` that the block at this position has: none for the first, all for the last.
fn share(rate: f64, position: usize, blocks: usize) -> f64 {
    match blocks {
        0 | 1 => 0.0,
        blocks => rate * position as f64 / (blocks - 1) as f64,
    }
}
