//! As the processor itself tells, where there is no standard library.

use core::sync::atomic::{AtomicU8, Ordering};

use super::Isa;

/// The instruction set in use, chosen once.
pub(crate) fn selected() -> Result<Isa, &'static str> {
    /// Its place in [`Isa::ALL`], and one; zero until it is chosen.
    static SELECTED: AtomicU8 = AtomicU8::new(0);
    let known = usize::from(SELECTED.load(Ordering::Relaxed));
    if let Some(isa) = known.checked_sub(1) {
        return Ok(Isa::ALL[isa]);
    }
    let best = Isa::ALL.iter().rposition(|isa| isa.is_supported());
    let best = best.unwrap_or_default();
    // Whoever else gets here finds the same.
    SELECTED.store(best as u8 + 1, Ordering::Relaxed);
    Ok(Isa::ALL[best])
}

/// Bits of `XCR0`: vectors of 16 and 32 bytes that survive a change of tasks,
/// and what AVX-512 has beyond them.
#[cfg(target_arch = "x86_64")]
const YMM: u64 = 0b110;
#[cfg(target_arch = "x86_64")]
const ZMM: u64 = YMM | 0b1110_0000;

/// True when the system keeps these registers.
#[cfg(target_arch = "x86_64")]
fn keeps(registers: u64) -> bool {
    use core::arch::x86_64::{__cpuid, _xgetbv};
    const OSXSAVE: u32 = 1 << 27;
    // SAFETY: `OSXSAVE` says that `xgetbv` is there.
    let kept = || unsafe { _xgetbv(0) };
    __cpuid(1).ecx & OSXSAVE != 0 && kept() & registers == registers
}

/// `EBX` of the extended features.
#[cfg(target_arch = "x86_64")]
fn extended() -> u32 {
    use core::arch::x86_64::{__cpuid, __cpuid_count};
    match __cpuid(0).eax {
        7.. => __cpuid_count(7, 0).ebx,
        _ => 0,
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx2() -> bool {
    use core::arch::x86_64::__cpuid;
    const FMA: u32 = 1 << 12;
    const AVX2: u32 = 1 << 5;
    keeps(YMM) && __cpuid(1).ecx & FMA != 0 && extended() & AVX2 != 0
}

#[cfg(target_arch = "x86_64")]
pub(super) fn has_avx512() -> bool {
    const AVX512F: u32 = 1 << 16;
    keeps(ZMM) && has_avx2() && extended() & AVX512F != 0
}
