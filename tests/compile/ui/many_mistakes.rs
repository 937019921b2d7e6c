resnet_runtime::resnet!("many_mistakes.yaml");

fn main() {}
