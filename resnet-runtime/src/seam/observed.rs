//! Telling an observer of each call.

use core::fmt;

use crate::geometry::{Buffer, Conv2d, Map};
use crate::observer::{LayerCall, Observer};

/// Whoever watches a pass. Nearly always nobody: a branch a call.
#[derive(Default)]
pub(crate) struct Observed<'a>(Option<&'a mut Observer>);

impl<'a> Observed<'a> {
    pub(crate) fn by(observer: &'a mut Option<Observer>) -> Self {
        Self(observer.as_mut())
    }

    /// The same observer, for a part of what it watches.
    pub(super) fn again(&mut self) -> Observed<'_> {
        Observed(self.0.as_deref_mut())
    }

    /// A sweep begins.
    pub(super) fn sweep(&mut self, operation: &'static str, input: Buffer, output: Buffer) {
        self.begins(|| LayerCall::sweep(operation, shape(input.map), shape(output.map)));
    }

    /// A convolution or one of its gradients begins; `of` is (or was) the
    /// convolution's output.
    pub(super) fn conv2d(
        &mut self,
        operation: &'static str,
        conv: &Conv2d,
        [input, output]: [Buffer; 2],
        of: Buffer,
    ) {
        self.begins(|| {
            let call = LayerCall::sweep(operation, shape(input.map), shape(output.map));
            call.convolution(conv, &of.map)
        });
    }

    /// The update of a parameter of this shape begins.
    pub(super) fn update(&mut self, operation: &'static str, parameter: [usize; 3]) {
        self.begins(|| LayerCall::sweep(operation, parameter, parameter));
    }

    fn begins(&mut self, call: impl FnOnce() -> LayerCall) {
        if let Some(observer) = &mut self.0 {
            observer(call());
        }
    }
}

impl fmt::Debug for Observed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "observed"
        } else {
            "unobserved"
        })
    }
}

fn shape(map: Map) -> [usize; 3] {
    [map.channels, map.height, map.width]
}
