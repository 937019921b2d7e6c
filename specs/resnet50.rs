//! The commands of `resnet50.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnet50.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnet50::Network)
}
