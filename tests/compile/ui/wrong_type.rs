resnet_runtime::resnet!("wrong_type.yaml");

fn main() {}
