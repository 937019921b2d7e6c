resnet_runtime::resnet!("folder");

fn main() {}
