resnet_runtime::resnet!("../pass/tiny.yaml", max_batch = 8, training = true, max_batch = 9);

fn main() {}
