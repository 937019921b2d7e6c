//! The commands of `plain_conv.yaml`; see `--help`.

resnet_runtime::resnet!("specs/plain_conv.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&plain_conv::Network)
}
