//! Which instruction set runs: the best that the processor has, unless the
//! environment variable `RESNET_ISA` names a lesser one.

use std::sync::OnceLock;

use crate::element::sealed::Sealed;

/// Instruction sets with kernels of their own, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Whatever the compiler makes of plain loops.
    Portable,
    /// AVX2 and FMA.
    Avx2,
    /// AVX-512F.
    Avx512,
}

impl Isa {
    /// Every one of them.
    pub(crate) const ALL: [Self; 3] = [Self::Portable, Self::Avx2, Self::Avx512];

    /// The name that `RESNET_ISA` takes.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }

    /// True when this processor has the instructions.
    pub(crate) fn is_supported(self) -> bool {
        match self {
            Self::Portable => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => is_x86_feature_detected!("avx512f"),
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }
}

/// The instruction set in use, chosen once; or why `RESNET_ISA` can't be met.
pub(crate) fn selected() -> Result<Isa, &'static str> {
    static SELECTED: OnceLock<Result<Isa, String>> = OnceLock::new();
    SELECTED
        .get_or_init(|| select(std::env::var_os("RESNET_ISA").as_deref()))
        .as_ref()
        .copied()
        .map_err(String::as_str)
}

fn select(wanted: Option<&std::ffi::OsStr>) -> Result<Isa, String> {
    let supported = || Isa::ALL.into_iter().filter(|isa| isa.is_supported());
    let Some(wanted) = wanted else {
        return Ok(supported().next_back().unwrap_or(Isa::Portable));
    };
    supported()
        .find(|isa| *wanted == *isa.name())
        .ok_or_else(|| {
            let names: Vec<_> = supported().map(Isa::name).collect();
            format!(
                "RESNET_ISA is {wanted:?}, but this processor runs {}",
                names.join(", ")
            )
        })
}

/// The instruction set that `f32` networks run with on this processor:
/// `avx512`, `avx2` or `portable`.
///
/// The environment variable `RESNET_ISA` may name a lesser one than the
/// processor's best; it is read once.
///
/// # Panics
///
/// When `RESNET_ISA` names none of them, or one that the processor lacks.
pub fn isa() -> &'static str {
    f32::kernels().name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert_eq!(select(Some("portable".as_ref())), Ok(Isa::Portable));
        assert!(
            select(Some("sse9".as_ref()))
                .unwrap_err()
                .contains("portable")
        );
        assert!(select(None).unwrap().is_supported());
    }
}
