//! Keys that are right each by itself, and wrong together.
//!
//! Only what the spec's head, down to the stem's pool, can tell: shapes inside the stages are for
//! shape inference.

use super::{Spec, StemPool};
use crate::diagnostics::{Code, Diagnostic, Diagnostics, Located};

/// Reports all contradictions of a spec.
pub fn validate(spec: &Spec) -> Result<(), Diagnostics> {
    let mut found = Vec::new();
    let (input, stem) = (&spec.input, &spec.stem);
    let stem_window = Window {
        name: "the stem's convolution",
        kernel: stem.kernel,
        stride: stem.stride,
        padding: stem.padding,
    };
    found.extend(stem_window.padding_too_large(stem.kernel.value - 1, "less than the kernel"));
    let height = stem_window.output("height", input.height);
    let width = stem_window.output("width", input.width);
    match (height, width) {
        (Err(misfit), _) | (_, Err(misfit)) => found.push(misfit),
        (Ok(height), Ok(width)) => found.extend(stem.pool.iter().filter_map(|pool| {
            let window = pool_window(pool);
            let height = window.output("height", height);
            height.and(window.output("width", width)).err()
        })),
    }
    if let Some(pool) = &stem.pool {
        let window = pool_window(pool);
        found.extend(window.padding_too_large(pool.kernel.value / 2, "at most half the kernel"));
    }
    Diagnostics::check(found)
}

fn pool_window(pool: &StemPool) -> Window {
    Window {
        name: "the stem's pool",
        kernel: pool.kernel,
        stride: pool.stride,
        padding: pool.padding,
    }
}

/// What slides over an image: a convolution's kernel or a pool's.
struct Window {
    name: &'static str,
    kernel: Located<usize>,
    stride: Located<usize>,
    padding: Located<usize>,
}

impl Window {
    fn padding_too_large(&self, limit: usize, rule: &str) -> Option<Diagnostic> {
        let (padding, kernel) = (self.padding.value, self.kernel.value);
        (padding > limit).then(|| {
            let message = format!(
                "padding {padding} is too large for kernel {kernel}, expected {rule}: 0 to {limit}"
            );
            Diagnostic::new(Code::PaddingTooLarge, self.padding.place, message)
                .label(self.kernel.place, "the kernel")
                .help("leave `padding` out to get half the kernel")
        })
    }

    /// The size of the output along an axis, or that the kernel does not fit in there.
    fn output(&self, axis: &str, size: Located<usize>) -> Result<Located<usize>, Diagnostic> {
        let (kernel, padding) = (self.kernel.value, self.padding.value);
        let padded = size.value + 2 * padding;
        match padded.checked_sub(kernel) {
            Some(room) => Ok(Located::new(room / self.stride.value + 1, size.place)),
            None => {
                let message = format!(
                    "the kernel of {} is {kernel}, larger than its padded input, whose {axis} is \
                     {padded} ({} and twice the padding {padding})",
                    self.name, size.value
                );
                Err(
                    Diagnostic::new(Code::KernelExceedsInput, self.kernel.place, message)
                        .label(size.place, format!("the input's {axis} comes from here"))
                        .help(format!(
                            "use a kernel of at most {padded}, or a larger input"
                        )),
                )
            }
        }
    }
}
