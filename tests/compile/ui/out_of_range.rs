resnet_runtime::resnet!("out_of_range.yaml");

fn main() {}
