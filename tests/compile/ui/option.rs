resnet_runtime::resnet!("../pass/tiny.yaml", speed = high);

fn main() {}
