resnet_runtime::resnet!("missing_key.yaml");

fn main() {}
