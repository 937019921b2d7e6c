//! The commands of `resnet101.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnet101.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnet101::Network)
}
