resnet_runtime::resnet!("unknown_choice.yaml");

fn main() {}
