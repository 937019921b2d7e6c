//! Knowledge distillation: a binary that holds a small network and the larger one
//! that teaches it. Its commands are those of every binary, for the small network.
//!
//!     cargo run --release --bin digits -- train --data data/digits --output runs/teacher
//!     cargo run --release --example distill -- train --data data/digits \
//!         --teacher runs/teacher/best.safetensors --kd-temperature 4 --kd-alpha 0.7

use std::process::ExitCode;

use resnet_cli::Binary;
use resnet_runtime::resnet;

resnet!(student = "examples/student.yaml");
resnet!(teacher = "specs/digits.yaml", training = false);

/// The small network, with its teacher.
pub(crate) fn binary() -> Binary {
    Binary::new(&student::Network).teacher(&teacher::Network)
}

/// Runs it.
pub(crate) fn main() -> ExitCode {
    binary().main()
}
