resnet_runtime::resnet!(resnet18);

fn main() {}
