//! Blocks that a stage lists layer by layer.

use super::{Expansion, Features};
use crate::layer_form::{self, Scope};
use crate::layers::{Source, count_channels};
use crate::spec::layers::Layer;

impl Expansion {
    /// A block of these layers, whose names begin with `name`. They read one another by the names
    /// that the list gives them, the block's input as `input`, and everything before the block by
    /// its full name.
    pub(super) fn written_block(
        &mut self,
        written: &[Layer],
        name: &str,
        input: Features,
    ) -> Features {
        let first = self.list.len();
        let prefix = format!("{name}.");
        let scope = Scope {
            prefix: &prefix,
            input: input.source,
            outer: &|name| self.named.get(name).copied(),
            outer_names: &|| self.named.keys().map(String::as_str).collect(),
        };
        let source = layer_form::append(&mut self.list, written, &scope, &mut self.found);
        for (position, layer) in self.list.iter().enumerate().skip(first) {
            self.named
                .insert(layer.name.clone(), Source::Layer(position));
        }
        count_channels(&self.list, self.image_channels, &mut self.made);
        let channels = match source {
            Source::Input => self.image_channels,
            Source::Layer(position) => self.made[position],
        };
        Features { source, channels }
    }
}
