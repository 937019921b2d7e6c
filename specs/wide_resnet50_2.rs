//! The commands of `wide_resnet50_2.yaml`; see `--help`.

resnet_runtime::resnet!("specs/wide_resnet50_2.yaml");

fn main() -> std::process::ExitCode {
    resnet_cli::main(&wide_resnet50_2::Network)
}
