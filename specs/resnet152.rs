//! The commands of `resnet152.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnet152.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnet152::Network)
}
