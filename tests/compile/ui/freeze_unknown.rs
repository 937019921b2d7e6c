resnet_runtime::resnet!(
    "../pass/tiny.yaml",
    freeze = ["conv1", "layer", "leyer1", "bn1.weight", "backbone", ""],
);

fn main() {}
