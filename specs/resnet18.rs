//! The commands of `resnet18.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnet18.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnet18::Network)
}
