//! Offsets of everything that doesn't depend on the batch: parameters, packed
//! weights, batch statistics.

use std::collections::BTreeMap;

use crate::graph::Graph;
use crate::ops::Region;
use crate::parameter::{Parameter, ParameterId};

/// Offsets in the master parameters, the running statistics and each region.
#[derive(Debug, Default)]
pub struct Storage {
    parameters: Vec<usize>,
    regions: BTreeMap<(Region, ParameterId), usize>,
    lens: BTreeMap<Region, usize>,
    /// Elements of the master parameters.
    pub master: usize,
    /// Those of them that are trained, and so have gradients: they come first.
    pub trained: usize,
    /// Elements of the running statistics.
    pub running: usize,
}

impl Storage {
    /// Lays out the parameters, and the regions that either graph asks for.
    pub fn new(inference: &Graph, training: &Graph) -> Self {
        let mut storage = Self::default();
        let parameters = inference.parameters();
        storage.parameters = vec![0; parameters.len()];
        let (frozen, trained): (Vec<_>, Vec<_>) = (0..parameters.len())
            .map(ParameterId)
            .partition(|&id| inference.is_frozen(id));
        for id in trained {
            storage.add_parameter(id, &parameters[id.0]);
        }
        // Gradients and momenta end where frozen parameters begin.
        storage.trained = storage.master;
        for id in frozen {
            storage.add_parameter(id, &parameters[id.0]);
        }
        storage.add_regions(inference, |region| region == Region::Packed);
        storage.add_regions(training, |region| region != Region::Packed);
        storage
    }

    fn add_parameter(&mut self, id: ParameterId, parameter: &Parameter) {
        let end = match parameter.role.is_running() {
            true => &mut self.running,
            false => &mut self.master,
        };
        self.parameters[id.0] = *end;
        *end += parameter.laid_out_len();
    }

    fn add_regions(&mut self, graph: &Graph, wanted: fn(Region) -> bool) {
        for node in graph.order() {
            for (region, id, len) in graph.node(node).op.regions() {
                if wanted(region) {
                    let end = self.lens.entry(region).or_default();
                    self.regions.insert((region, id), *end);
                    *end += len;
                }
            }
        }
    }

    /// Offset of a parameter in the master parameters or the running statistics.
    pub fn parameter(&self, id: ParameterId) -> usize {
        self.parameters[id.0]
    }

    /// Offset in a region, if something is kept there for the parameter.
    pub fn region(&self, region: Region, id: ParameterId) -> Option<usize> {
        self.regions.get(&(region, id)).copied()
    }

    /// Elements of a region.
    pub fn region_len(&self, region: Region) -> usize {
        self.lens.get(&region).copied().unwrap_or(0)
    }
}
