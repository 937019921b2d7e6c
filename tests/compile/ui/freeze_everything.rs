resnet_runtime::resnet!("../pass/tiny.yaml", freeze = ["conv1", "bn1", "layer1", "layer2", "fc"]);
resnet_runtime::resnet!("../pass/tiny.yaml", freeze = ["conv1"], training = false);

fn main() {}
