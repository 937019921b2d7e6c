//! Tests by the kernels that every processor runs, whatever better ones it has:
//! what those read can be recorded.

use std::env;
use std::process::Command;

const VARIABLE: &str = "RESNET_ISA";
const PORTABLE: &str = "portable";

/// Whether this program runs by the portable kernels. If not, it runs its test
/// of this name once more so: kernels are chosen once a program.
pub(crate) fn kernels_run_here(test: &str) -> bool {
    if env::var_os(VARIABLE).is_some_and(|isa| isa == PORTABLE) {
        return true;
    }
    let mut again = Command::new(env::current_exe().unwrap());
    again.args(["--exact", test]).env(VARIABLE, PORTABLE);
    let output = again.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("1 passed"),
        "{told}"
    );
    false
}
