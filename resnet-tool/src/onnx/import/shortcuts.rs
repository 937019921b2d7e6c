//! Shortcuts without parameters (option A) and blur pools, which are several
//! nodes each.
//!
//! ```text
//! x -> Slice(rows) -> Slice(columns) -> Pad(channels)        subsample
//! x -> Slice -> Concat(zeros)                                 subsample
//! x -> Pad(mirrored) -> Conv(each channel by itself)          blur_pool
//! ```

use super::layer::Op;
use super::windows::{padding, pair, text};
use super::{Importer, Made};
use crate::onnx::message::{Attribute, Data, Node};

type Done = Result<(), String>;

/// What a `subsample` layer does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subsampled {
    stride: [usize; 2],
    channels: usize,
}

impl Subsampled {
    fn value(self) -> String {
        let Self { stride, channels } = self;
        match stride {
            [1, 1] => format!("{{channels: {channels}}}"),
            _ => format!("{{channels: {channels}, stride: {}}}", text(stride)),
        }
    }
}

impl<'m> Importer<'m> {
    /// Every so-manieth pixel, from the first to the last.
    pub(super) fn slice(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        let numbers = |attribute, port| {
            let found = self.ints(node, attribute, port)?;
            Ok::<_, String>(found.unwrap_or_default())
        };
        let (starts, ends) = (numbers("starts", 1)?, numbers("ends", 2)?);
        let (axes, steps) = (numbers("axes", 3)?, numbers("steps", 4)?);
        // Sizes aren't known here: all ends must be beyond them.
        let whole = starts.iter().all(|&start| start == 0)
            && ends.iter().all(|&end| end >= i64::from(i32::MAX));
        let mut stride = [1; 2];
        for (&axis, &step) in axes.iter().zip(&steps) {
            match (axis.rem_euclid(4), usize::try_from(step)) {
                (axis @ 2..=3, Ok(step)) if step > 0 => stride[axis as usize - 2] = step,
                _ => return Err(format!("a slice of axis {axis} by steps of {step}")),
            }
        }
        if !whole || axes.len() != steps.len() {
            return Err("a slice of part of the map, expected every n-th pixel of all".to_owned());
        }
        let pixel = made.pixel;
        let channels = made.channels;
        self.subsample(node, made, stride, channels, pixel)
    }

    /// Channels of zeros, or a mirrored border for a blur pool.
    pub(super) fn pad(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        let pads = self.ints(node, "pads", 1)?.unwrap_or_default();
        let mode = match node.attribute("mode") {
            Some(Attribute::Text(mode)) => mode.as_str(),
            _ => "constant",
        };
        match (mode, &pads[..]) {
            ("reflect", &[0, 0, top, left, 0, 0, bottom, right])
                if top > 0 && [top, left, bottom] == [left, bottom, right] =>
            {
                let output = super::nodes::output(node)?;
                self.mirrored.insert(output, (made, top as usize));
                Ok(())
            }
            ("constant", &[0, before, 0, 0, 0, behind, 0, 0])
                if before >= 0 && behind >= 0 && self.pads_by_zero(node) =>
            {
                self.add_zeros(node, made, [before as usize, behind as usize])
            }
            _ => Err(format!(
                "a border ({mode}) of {pads:?}; expected zeros behind the channels, \
                 or a mirrored border that a blur pool reads"
            )),
        }
    }

    fn pads_by_zero(&self, node: &Node) -> bool {
        let value = node.inputs.get(2).map_or("", String::as_str);
        let is_zero = |data: &Data| matches!(data, Data::F32(values) if values == &[0.0]);
        let given = self.constants.get(value);
        value.is_empty() || given.is_some_and(|tensor| is_zero(&tensor.data))
    }

    /// Joins channels; those that are zeros need no layer of their own.
    pub(super) fn concat(&mut self, node: &'m Node) -> Done {
        let zeros: Vec<_> = node.inputs.iter().map(|name| self.zeros(name)).collect();
        let real = |zeros: &&Option<usize>| zeros.is_none();
        if zeros.iter().filter(real).count() != 1 || zeros.len() == 1 {
            return self.list(node, "concat");
        }
        let at = zeros.iter().position(Option::is_none).unwrap_or_default();
        let made = self.value(node, at)?;
        let sum = |zeros: &[Option<usize>]| zeros.iter().flatten().sum();
        self.add_zeros(node, made, [sum(&zeros[..at]), sum(&zeros[at + 1..])])
    }

    /// How many channels of zeros a name is, if it is that.
    fn zeros(&self, name: &str) -> Option<usize> {
        if let Some(&channels) = self.zeros.get(name) {
            return Some(channels);
        }
        let tensor = self.constants.get(name)?;
        match (&tensor.data, &tensor.shape[..]) {
            (Data::F32(values), &[_, channels, _, _]) if values.iter().all(|&v| v == 0.0) => {
                Some(channels)
            }
            _ => None,
        }
    }

    /// Notes a product with zero; `false` if it is another.
    pub(super) fn multiplies_by_zero(&mut self, node: &'m Node) -> Result<bool, String> {
        for (zero, of) in [(0, 1), (1, 0)] {
            if let Ok(Some(tensor)) = self.constant(node, zero)
                && matches!(&tensor.data, Data::F32(values) if values == &[0.0])
            {
                let channels = self.value(node, of)?.channels;
                self.zeros.insert(super::nodes::output(node)?, channels);
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn add_zeros(&mut self, node: &'m Node, made: Made, [before, behind]: [usize; 2]) -> Done {
        let (read, pixel) = (made.channels, made.pixel);
        let channels = before + read + behind;
        if before == 0 {
            return self.subsample(node, made, [1, 1], channels, pixel);
        }
        // No layer puts zeros before channels, but a convolution can.
        let name = self.names.layer(node, None);
        let mut weight = vec![0.0; channels * read];
        (0..read).for_each(|i| weight[(before + i) * read + i] = 1.0);
        self.parameter(&name, "weight", &[channels, read, 1, 1], weight);
        let value = format!("{{channels: {channels}, kernel: 1}}");
        let made = Made { channels, ..made };
        self.layer(node, name, "conv", value, made)
    }

    /// Fewer pixels and more channels: what the layer before does that nobody
    /// else reads, or a new one.
    fn subsample(
        &mut self,
        node: &'m Node,
        made: Made,
        stride: [usize; 2],
        channels: usize,
        pixel: bool,
    ) -> Done {
        let only = self.readers.get(node.inputs[0].as_str()) == Some(&1);
        let before = self.subsampled.get_mut(&made.layer).filter(|_| only);
        let layer = self
            .layers
            .iter_mut()
            .find(|layer| layer.name == made.layer);
        if let (Some(before), Some(Op::Of { value, .. })) = (before, layer.map(|l| &mut l.op)) {
            let [rows, columns] = before.stride;
            before.stride = [rows * stride[0], columns * stride[1]];
            before.channels = channels;
            *value = before.value();
            return self.alias_of(
                node,
                Made {
                    channels,
                    pixel,
                    ..made
                },
            );
        }
        let name = self.names.layer(node, None);
        let subsampled = Subsampled { stride, channels };
        self.subsampled.insert(name.clone(), subsampled);
        let made = Made {
            channels,
            pixel,
            ..made
        };
        self.layer(node, name, "subsample", subsampled.value(), made)
    }

    /// A convolution of a mirrored map, which must be a blur pool's.
    pub(super) fn blur_pool(&mut self, node: &'m Node, made: Made, border: usize) -> Done {
        let (shape, weight) = self.floats(node, 1)?;
        let stride = pair(node, "strides", 1)?;
        let kernel = shape.last().copied().unwrap_or_default();
        let plain = padding(node)? == [0, 0]
            && pair(node, "dilations", 1)? == [1, 1]
            && node.inputs.len() < 3
            && stride[0] == stride[1]
            && node.int("group") == Some(made.channels as i64)
            && *shape == [made.channels, 1, kernel, kernel];
        let sizes = resnet_geometry::BlurPool::new(kernel, stride[0]);
        if !(plain && sizes.is_valid() && sizes.padding() == border) {
            return Err("a mirrored border before what isn't a blur pool".to_owned());
        }
        let taps = &sizes.taps()[..kernel];
        let filter = taps.iter().flat_map(|a| taps.iter().map(move |b| a * b));
        let filter: Vec<f64> = filter.collect();
        let is_filter = |found: &[f32]| {
            let mut pairs = found.iter().zip(&filter);
            pairs.all(|(&found, expected)| (f64::from(found) - expected).abs() < 1e-6)
        };
        if !weight.chunks(kernel * kernel).all(is_filter) {
            return Err("a mirrored border before a filter that isn't a blur pool's".to_owned());
        }
        let name = self.names.layer(node, None);
        let value = format!("{{kernel: {kernel}, stride: {}}}", stride[0]);
        let made = Made {
            pixel: false,
            ..made
        };
        self.layer(node, name, "blur_pool", value, made)
    }
}
