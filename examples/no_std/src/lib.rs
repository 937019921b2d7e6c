//! A compiled network for a program that has no standard library: the caller
//! gives weights and an image, and gets logits. Here that is `main.c`:
//!
//!     cargo build --release --manifest-path examples/no_std/Cargo.toml
//!     cc examples/no_std/main.c examples/no_std/target/release/libwithout_std.a -o classify
//!     ./classify WEIGHTS.safetensors IMAGE
//!
//! or, in WebAssembly, `main.mjs`:
//!
//!     cd examples/no_std
//!     export RUSTFLAGS="-C target-feature=+simd128"
//!     cargo rustc --release --target wasm32-unknown-unknown --crate-type cdylib
//!     node main.mjs target/wasm32-unknown-unknown/release/without_std.wasm WEIGHTS.safetensors IMAGE

#![no_std]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr;
use core::slice;
use core::sync::atomic::{AtomicUsize, Ordering};

use resnet_runtime::{Error, resnet};

resnet!("../../specs/digits.yaml", training = false);

/// Bytes that may be allocated.
const ROOM: usize = 32 << 20;

/// Takes memory from the front of a static, and never gives it back.
#[repr(align(4096))]
struct Bump {
    memory: UnsafeCell<[u8; ROOM]>,
    used: AtomicUsize,
}

// SAFETY: each byte of `memory` is handed out once.
unsafe impl Sync for Bump {}

// SAFETY: what is handed out lies in `memory`, aligned, and apart from all else.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let memory = self.memory.get().cast::<u8>();
        let place = |used: usize| {
            let start = (memory.addr() + used).next_multiple_of(layout.align()) - memory.addr();
            let end = start.checked_add(layout.size())?;
            (end <= ROOM).then_some((start, end))
        };
        let end = |used| place(used).map(|(_, end)| end);
        let order = Ordering::Relaxed;
        match self.used.try_update(order, order, end) {
            Ok(used) => memory.wrapping_add(place(used).map_or(0, |(start, _)| start)),
            Err(_) => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static ALLOCATOR: Bump = Bump {
    memory: UnsafeCell::new([0; ROOM]),
    used: AtomicUsize::new(0),
};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// The crate `alloc` comes compiled for unwinding and refers to this; panics
/// don't unwind here, so nobody calls it.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// Classifies an image of 1x8x8 numbers; 0 if it went well.
///
/// # Safety
///
/// `weights` are `len` bytes of a safetensors file, `image` 64 numbers, and
/// there is room for ten `logits`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn classify(
    weights: *const u8,
    len: usize,
    image: *const f32,
    logits: *mut f32,
) -> i32 {
    // SAFETY: the caller's promise.
    let (weights, image, logits) = unsafe {
        (
            slice::from_raw_parts(weights, len),
            slice::from_raw_parts(image, 64),
            slice::from_raw_parts_mut(logits, 10),
        )
    };
    let mut run = || -> Result<(), Error> {
        let weights = digits::Weights::from_bytes(weights)?;
        let mut model = digits::Model::new(&weights, 1, 1)?;
        logits.copy_from_slice(model.forward(image)?);
        Ok(())
    };
    i32::from(run().is_err())
}
