resnet_runtime::resnet!("duplicate_key.yaml");

fn main() {}
