//! The stem: do its windows fit, and do its keys go together?

use crate::diagnostics::{Code, Diagnostic, Located};
use crate::spec::{Family, Stem, StemKind, StemPool};

pub(super) fn check(spec: Family<'_>, found: &mut Vec<Diagnostic>) {
    let (input, stem) = (&spec.input, &spec.stem);
    found.extend(width_unused(stem));
    found.extend(too_narrow(stem));
    let first = Window {
        name: "the stem's convolution",
        kernel: stem.kernel,
        stride: stem.stride.value,
        padding: stem.padding,
    };
    let later = Window {
        stride: [1, 1],
        ..first
    };
    let limit = stem.kernel.value.map(|kernel| kernel - 1);
    found.extend(first.padding_too_large(limit, "less than the kernel"));
    let convs = match stem.kind.value {
        StemKind::Conv => vec![first],
        StemKind::Deep | StemKind::DeepTiered => vec![first, later, later],
    };
    let images = [input.height, input.width];
    let size = convs
        .iter()
        .try_fold(images, |size, conv| conv.output(size));
    let pool = stem.pool.as_ref();
    match (size, pool) {
        (Err(misfit), _) => found.push(misfit),
        (Ok(size), Some(pool)) => found.extend(pool_window(pool).output(size).err()),
        (Ok(_), None) => {}
    }
    if let Some(pool) = pool {
        let limit = pool.kernel.value.map(|kernel| kernel / 2);
        found.extend(pool_window(pool).padding_too_large(limit, "at most half the kernel"));
        let [rows, columns] = pool.stride.value;
        if let Some(antialias) = pool.antialias.on().filter(|_| rows != columns) {
            let message = format!(
                "the stem's pool takes steps of {rows} and {columns}, and a blur takes the same \
                 along rows and columns"
            );
            let unequal = Diagnostic::new(Code::BlurStrides, pool.stride.place, message)
                .label(antialias.place, "the blur")
                .help("use one stride for both, or leave `antialias` out");
            found.push(unequal);
        }
    }
}

fn width_unused(stem: &Stem) -> Option<Diagnostic> {
    let width = stem.width.filter(|_| stem.kind.value == StemKind::Conv)?;
    let message = "`width` is for deep stems, and this one has a single convolution";
    let unused = Diagnostic::new(Code::WidthWithoutDeepStem, width.place, message);
    Some(unused.help("leave it out, or use `kind: deep`"))
}

fn too_narrow(stem: &Stem) -> Option<Diagnostic> {
    let least = match stem.kind.value {
        StemKind::Conv => return None,
        StemKind::Deep => 1,
        StemKind::DeepTiered => 4,
    };
    let width = stem.width();
    if width >= least {
        return None;
    }
    let message =
        format!("a stem of this kind needs a width of at least {least}, and its width is {width}");
    let place = stem.width.map_or(stem.channels.place, |width| width.place);
    let narrow = Diagnostic::new(Code::DeepStemTooNarrow, place, message)
        .label(stem.kind.place, "the kind of stem");
    Some(match stem.width {
        Some(_) => narrow.help(format!("use a width of {least} or more")),
        None => {
            narrow.help("`width` is half of `channels` unless given: give it, or more channels")
        }
    })
}

fn pool_window(pool: &StemPool) -> Window {
    Window {
        name: "the stem's pool",
        kernel: pool.kernel,
        stride: pool.stride.value,
        padding: pool.padding,
    }
}

/// What slides over an image: a convolution's kernel or a pool's.
#[derive(Clone, Copy)]
struct Window {
    name: &'static str,
    kernel: Located<[usize; 2]>,
    stride: [usize; 2],
    padding: Located<[usize; 2]>,
}

impl Window {
    fn padding_too_large(&self, limit: [usize; 2], rule: &str) -> Option<Diagnostic> {
        let (padding, kernel) = (self.padding.value, self.kernel.value);
        let axis = (0..2).find(|&axis| padding[axis] > limit[axis])?;
        let message = format!(
            "padding {} is too large for kernel {}, expected {rule}: 0 to {}",
            padding[axis], kernel[axis], limit[axis]
        );
        Some(
            Diagnostic::new(Code::PaddingTooLarge, self.padding.place, message)
                .label(self.kernel.place, "the kernel")
                .help("leave `padding` out to get half the kernel"),
        )
    }

    /// The size of the output, or that the kernel does not fit in there.
    fn output(&self, size: [Located<usize>; 2]) -> Result<[Located<usize>; 2], Diagnostic> {
        Ok([
            self.along(0, "height", size[0])?,
            self.along(1, "width", size[1])?,
        ])
    }

    fn along(
        &self,
        axis: usize,
        name: &str,
        size: Located<usize>,
    ) -> Result<Located<usize>, Diagnostic> {
        let (kernel, padding) = (self.kernel.value[axis], self.padding.value[axis]);
        let padded = size.value + 2 * padding;
        match padded.checked_sub(kernel) {
            Some(room) => Ok(Located::new(room / self.stride[axis] + 1, size.place)),
            None => {
                let message = format!(
                    "the kernel of {} is {kernel}, larger than its padded input, whose {name} is \
                     {padded} ({} and twice the padding {padding})",
                    self.name, size.value
                );
                Err(
                    Diagnostic::new(Code::KernelExceedsInput, self.kernel.place, message)
                        .label(size.place, format!("the input's {name} comes from here"))
                        .help(format!(
                            "use a kernel of at most {padded}, or a larger input"
                        )),
                )
            }
        }
    }
}
