resnet_runtime::resnet!("kernel_larger_than_input.yaml");

fn main() {}
