//! The commands of `resnet34.yaml`; see `--help`.

resnet_runtime::resnet!("specs/resnet34.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&resnet34::Network)
}
