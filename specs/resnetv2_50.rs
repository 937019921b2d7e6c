//! The commands of `resnetv2_50.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnetv2_50.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnetv2_50::Network)
}
