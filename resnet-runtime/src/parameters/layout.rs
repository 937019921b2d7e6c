//! Between the layout of files and the layout that kernels train in.
//!
//! Files hold torchvision's `[out, in, kernel_h, kernel_w]`, memory holds
//! `[kernel_h][kernel_w][in][out rounded up]`. Linear weights are the case of
//! a 1x1 kernel, vectors that of one input channel as well.

use core::ops::Range;

#[cfg(not(feature = "std"))]
use crate::without_std::*;

use crate::geometry::round_up;
use crate::{CHANNEL_BLOCK, Element, ParameterInfo};

/// Sizes of one parameter.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    out: usize,
    input: usize,
    /// Positions of the kernel.
    window: usize,
}

impl Layout {
    pub(crate) fn of(parameter: &ParameterInfo) -> Self {
        let (out, input, window) = match *parameter.shape {
            [out] => (out, 1, 1),
            [out, input] => (out, input, 1),
            [out, input, height, width] => (out, input, height * width),
            _ => panic!("{}: shape {:?}", parameter.name, parameter.shape),
        };
        Self { out, input, window }
    }

    /// Elements in a file.
    pub(crate) fn file_len(self) -> usize {
        self.out * self.input * self.window
    }

    /// Elements in memory, padding included.
    pub(crate) fn memory_len(self) -> usize {
        self.input * self.window * round_up(self.out, CHANNEL_BLOCK)
    }

    /// Calls `f` with each element's place in the file and in memory.
    fn for_each(self, f: impl FnMut(usize, usize)) {
        self.for_each_of(0..self.out, f);
    }

    /// Elements in a file of one output.
    fn per_output(self) -> usize {
        self.input * self.window
    }

    /// The same for elements of some outputs.
    fn for_each_of(self, outputs: Range<usize>, mut f: impl FnMut(usize, usize)) {
        let row = round_up(self.out, CHANNEL_BLOCK);
        // A block of outputs at a time, so that memory is used in whole cache
        // lines and the file in few streams.
        for block in outputs.clone().step_by(CHANNEL_BLOCK) {
            let block = block..outputs.end.min(block + CHANNEL_BLOCK);
            for i in 0..self.input {
                for k in 0..self.window {
                    for o in block.clone() {
                        let file = (o * self.input + i) * self.window + k;
                        f(file, (k * self.input + i) * row + o);
                    }
                }
            }
        }
    }
}

/// A parameter's values in file layout, out of its whole region of memory.
pub(crate) fn to_file<E: Element>(parameter: &ParameterInfo, region: &[E]) -> Vec<E> {
    let layout = Layout::of(parameter);
    let memory = &region[parameter.offset..][..layout.memory_len()];
    let mut values = vec![E::ZERO; layout.file_len()];
    layout.for_each(|file, place| values[file] = memory[place]);
    values
}

/// Elements in memory, padding included.
pub(crate) fn memory_len(parameter: &ParameterInfo) -> usize {
    Layout::of(parameter).memory_len()
}

/// Elements that are read of a file at once, or few more.
const PIECE: usize = 1 << 16;

/// Puts a parameter's values where memory for them begins, piece by piece:
/// `read` is asked for elements of the file, `value` for each by its place in
/// the piece. Padding is left alone.
pub(crate) fn from_pieces<E: Element, P, F>(
    parameter: &ParameterInfo,
    memory: &mut [E],
    piece: &mut P,
    read: impl Fn(&mut P, Range<usize>) -> Result<(), F>,
    value: impl Fn(&P, usize) -> E,
) -> Result<(), F> {
    let layout = Layout::of(parameter);
    let per_output = layout.per_output();
    let outputs = round_up(PIECE.div_ceil(per_output.max(1)), CHANNEL_BLOCK);
    for first in (0..layout.out).step_by(outputs) {
        let outputs = first..layout.out.min(first + outputs);
        let start = first * per_output;
        read(piece, start..outputs.end * per_output)?;
        layout.for_each_of(outputs, |file, place| {
            memory[place] = value(piece, file - start);
        });
    }
    Ok(())
}

/// Puts a parameter's values into its region of memory; `value` tells each by
/// its place in a file. Padding is left alone.
pub(crate) fn from_file<E: Element>(
    parameter: &ParameterInfo,
    value: impl Fn(usize) -> E,
    region: &mut [E],
) {
    let layout = Layout::of(parameter);
    let memory = &mut region[parameter.offset..][..layout.memory_len()];
    layout.for_each(|file, place| memory[place] = value(file));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Role;

    fn parameter(role: Role, shape: &'static [usize]) -> ParameterInfo {
        ParameterInfo::new("p", shape, role, 5)
    }

    #[test]
    fn round_trips() {
        for (role, shape) in [
            (Role::ConvWeight, &[1, 1, 1, 1][..]),
            (Role::ConvWeight, &[16, 3, 7, 7]),
            (Role::ConvWeight, &[17, 5, 3, 2]),
            (Role::LinearWeight, &[10, 33]),
            (Role::LinearWeight, &[48, 1]),
            (Role::NormWeight, &[1]),
            (Role::Bias, &[31]),
        ] {
            let parameter = parameter(role, shape);
            let len = shape.iter().product::<usize>();
            let values: Vec<f64> = (1..=len).map(|i| i as f64).collect();
            let mut region = vec![0.0; 5 + Layout::of(&parameter).memory_len()];
            from_file(&parameter, |i| values[i], &mut region);
            assert_eq!(to_file(&parameter, &region), values);
            // Everything else is padding and stays zero.
            let zeros = region.iter().filter(|&&x| x == 0.0).count();
            assert_eq!(zeros, region.len() - len, "{shape:?}");
        }
    }

    #[test]
    fn places() {
        // [out 17][in 2][1][3]: element (16, 1, 0, 2) is the last of the file.
        let parameter = parameter(Role::ConvWeight, &[17, 2, 1, 3]);
        let mut values = vec![0.0f32; 102];
        values[101] = 1.0;
        let mut region = vec![0.0; 5 + 6 * 32];
        from_file(&parameter, |i| values[i], &mut region);
        assert_eq!(
            region.iter().position(|&x| x == 1.0),
            Some(5 + (2 * 2 + 1) * 32 + 16)
        );
    }
}
