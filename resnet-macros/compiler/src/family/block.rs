//! A block: its main branch, what leads around it, and their sum.

use super::{Expansion, Features};
use crate::layers::LayerKind;
use crate::parameter::Init;
use crate::spec::{Block, Order, Shortcut};

/// A block, and where it stands.
pub(super) struct Site<'s> {
    /// What it is made of.
    pub(super) keys: &'s Block,
    /// What its layers' names begin with.
    pub(super) name: &'s str,
    /// Channels of its 3x3 convolutions.
    pub(super) channels: usize,
    /// Its steps.
    pub(super) stride: [usize; 2],
    /// Dilation of the first 3x3 convolution and of those after it.
    pub(super) dilations: [usize; 2],
    /// Share of the images that go without its main branch in training.
    pub(super) drop_path: f64,
}

impl Expansion {
    pub(super) fn block(&mut self, site: &Site<'_>, input: Features) -> Features {
        match site.keys.order.value {
            Order::PostActivation => {
                let main = self.main_branch(site, input);
                let sum = self.sum(site, main, input, input);
                self.activation(&format!("{}.", site.name), "", sum)
            }
            Order::PreActivation => {
                let norm = format!("{}.{}1", site.name, self.names.norm());
                let active = self.norm(&norm, Init::ONE, input);
                let active = self.activation(&format!("{}.", site.name), "1", active);
                let main = self.main_branch(site, active);
                self.sum(site, main, input, active)
            }
        }
    }

    /// The main branch and what leads around it: `input`, or a projection of `projected`.
    fn sum(
        &mut self,
        site: &Site<'_>,
        main: Features,
        input: Features,
        projected: Features,
    ) -> Features {
        if site.keys.shortcut.value == Shortcut::None {
            return main;
        }
        let skip = self.shortcut(site, input, projected, main.channels);
        let inputs = vec![main.source, skip.source];
        let source = self.push(&format!("{}.add", site.name), LayerKind::Add, inputs);
        Features { source, ..main }
    }
}
