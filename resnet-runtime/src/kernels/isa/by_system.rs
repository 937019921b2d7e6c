//! As the standard library knows the processor, and the environment wants it.

use std::env;
use std::ffi::OsStr;
use std::sync::OnceLock;

use super::Isa;

/// The instruction set in use, chosen once; or why `RESNET_ISA` can't be met.
pub(crate) fn selected() -> Result<Isa, &'static str> {
    static SELECTED: OnceLock<Result<Isa, String>> = OnceLock::new();
    SELECTED
        .get_or_init(|| select(env::var_os("RESNET_ISA").as_deref()))
        .as_ref()
        .copied()
        .map_err(String::as_str)
}

fn select(wanted: Option<&OsStr>) -> Result<Isa, String> {
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

#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
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
