resnet_runtime::resnet!("../pass/tiny.yaml", training = false);
resnet_runtime::resnet!("../pass/tiny.yaml", training = false, max_batch = 1);

fn main() {}
