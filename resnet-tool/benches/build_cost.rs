//! What it costs to build a user's crate in release, its dependencies built:
//! a deep network beside a shallow one of the same blocks.
//!
//! ```text
//! cargo bench -p resnet-tool --bench build_cost
//! ```
//!
//! Every round runs `resnet build`, so each time is cargo's, the macro's, the
//! compiler's of the emitted code and the linker's together.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Shallow and deep networks that differ only in how often blocks are repeated.
const PAIRS: [[&str; 2]; 2] = [
    ["resnet50", "resnet152"],
    ["cifar_resnet20", "cifar_resnet1202"],
];

/// Reported is the shortest of so many builds.
const ROUNDS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    // Compiles the dependencies, which doesn't count.
    build(PAIRS[0][0], folder.path());
    for pair in PAIRS {
        let mut times = [Duration::MAX; 2];
        // By turns, so that both see the same load of the machine.
        for _ in 0..ROUNDS {
            for (time, name) in times.iter_mut().zip(pair) {
                *time = build(name, folder.path()).min(*time);
            }
        }
        let [shallow, deep] = times.map(|time| time.as_secs_f64());
        let [first, second] = pair;
        let ratio = deep / shallow;
        println!("{first:18} {shallow:5.2} s   {second:18} {deep:5.2} s   {ratio:.2}x");
    }
}

/// The time that it takes to build one network's binary.
fn build(name: &str, folder: &Path) -> Duration {
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
    let mut command = Command::new(env!("CARGO_BIN_EXE_resnet"));
    command
        .arg("build")
        .arg(specs.join(name).with_extension("yaml"))
        .arg("--output")
        .arg(folder.join(name))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().expect("the tool starts");
    assert!(status.success(), "resnet build failed for {name}");
    start.elapsed()
}
