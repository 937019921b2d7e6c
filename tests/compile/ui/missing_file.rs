resnet_runtime::resnet!("missing_file.yaml");

fn main() {}
