//! Nothing is allocated after construction: not by inference, not by a step
//! of training. A trainer holds the bytes that its network's data says.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

use resnet_runtime::{
    DynNetwork, Network, Optimizer, Parameters, Sgd, resnet, softmax_cross_entropy,
};

resnet!("specs/digits.yaml");
resnet!("tests/reference/specs/bottleneck_projection.yaml");
resnet!(
    recomputed = "tests/reference/specs/cifar_resnet20.yaml",
    recompute = block
);
// What the compiler emits for a graph of five outputs.
include!("../resnet-macros/compiler/tests/snapshots/several_outputs.rs");

/// The system's allocator, which counts.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is the system allocator's own.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of all threads while `run` runs.
fn allocations(run: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    run();
    ALLOCATIONS.load(Ordering::Relaxed) - before
}

const BATCH: usize = 3;

fn check(network: &dyn DynNetwork, threads: usize) {
    let info = network.info();
    let parameters = Parameters::init(info, 1);
    let images = vec![0.25; BATCH * info.input.iter().product::<usize>()];
    let labels = [0; BATCH];
    let classes = info.classes().unwrap();
    let mut d_logits = vec![0.0; BATCH * classes];
    let mut model = network.model(&parameters, BATCH, threads).unwrap();
    let mut trainer = network.trainer(&parameters, BATCH, threads).unwrap();
    let sgd = Optimizer::from(Sgd {
        lr: 0.05,
        weight_decay: 1e-4,
        nesterov: true,
        ..Sgd::default()
    });
    let mut forward = || {
        model.forward(&images).unwrap();
    };
    let mut step = || {
        let logits = trainer.forward(&images).unwrap();
        softmax_cross_entropy(logits, &labels, classes, &mut d_logits);
        trainer.backward(&d_logits).unwrap();
        trainer.update(&sgd).unwrap();
    };
    // The first of each spawns the pool's threads.
    forward();
    step();
    let name = info.name;
    assert_eq!(allocations(forward), 0, "inference of {name}, {threads}");
    assert_eq!(allocations(step), 0, "training of {name}, {threads}");
}

/// What a trainer holds after a step and an evaluation is what `training_bytes` says, but for what hangs on it by
/// names and the pool.
fn check_bytes(network: &dyn DynNetwork, threads: usize) {
    let info = network.info();
    let parameters = Parameters::init(info, 1);
    let images = vec![0.25; BATCH * info.input.iter().product::<usize>()];
    let d_logits = vec![0.5; BATCH * info.classes().unwrap()];
    let optimizer = Sgd::default().into();
    let before = HELD.load(Ordering::Relaxed);
    let mut trainer = network.trainer(&parameters, BATCH, threads).unwrap();
    trainer.forward(&images).unwrap();
    trainer.backward(&d_logits).unwrap();
    trainer.update(&optimizer).unwrap();
    trainer.evaluate(&images).unwrap();
    let held = HELD.load(Ordering::Relaxed) - before;
    let said = usize::try_from(info.training_bytes(BATCH, threads)).unwrap();
    assert!(
        said <= held && held <= said + said / 100 + 4096,
        "{}: {held} bytes held, {said} said",
        info.name
    );
}

/// The same where gradients come by the outputs' names.
fn check_outputs(threads: usize) {
    let info = several_outputs::Network::INFO;
    let images = [0.25; BATCH * 3 * 7 * 5];
    let mut trainer =
        several_outputs::Trainer::new(&Parameters::init(info, 1), BATCH, threads).unwrap();
    let (d_stem, d_logits) = ([0.5; BATCH * 6 * 7 * 5], [0.5; BATCH * 5]);
    let mut step = || {
        trainer.forward(&images).unwrap();
        assert!(
            trainer
                .outputs()
                .all(|(name, values)| trainer.output(name) == Some(values))
        );
        let d_outputs = [("stem", &d_stem[..]), ("logits", &d_logits)];
        trainer.backward_outputs(&d_outputs).unwrap();
    };
    step();
    assert_eq!(allocations(step), 0, "several outputs, {threads}");
}

#[test]
fn nothing_is_allocated_after_construction() {
    // One test alone, as allocations of all threads are counted.
    for threads in [1, 2] {
        check(&digits::Network, threads);
        check(&bottleneck_projection::Network, threads);
        check_outputs(threads);
        check_bytes(&bottleneck_projection::Network, threads);
        check_bytes(&recomputed::Network, threads);
    }
}
