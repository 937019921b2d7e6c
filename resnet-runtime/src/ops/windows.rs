//! The windows of a pooling operator between two maps.

use crate::geometry::{Map, Pool2d};
use crate::kernels::sweep::window::Axis;

/// Vertical and horizontal windows from `input` to `output`, whose sizes must
/// be those that the pool gives.
#[track_caller]
pub(super) fn axes(pool: &Pool2d, input: &Map, output: &Map) -> [Axis; 2] {
    let axis = |i: usize, len: usize, windows: usize| {
        let (kernel, stride, padding) = (pool.kernel[i], pool.stride[i], pool.padding[i]);
        let behind = padding + pool.extra[i];
        // As in PyTorch; no window lies in the padding alone then.
        assert!(
            stride > 0 && kernel > 0 && behind <= kernel / 2,
            "not a pool: {pool:?}"
        );
        let given = pool.windows(i, len);
        assert_eq!(
            given,
            Some(windows),
            "{pool:?} from {input:?} to {output:?}"
        );
        Axis {
            kernel,
            stride,
            padding,
            behind,
            len,
            windows,
        }
    };
    [
        axis(0, input.height, output.height),
        axis(1, input.width, output.width),
    ]
}
