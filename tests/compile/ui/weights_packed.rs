// Another spec's.
resnet_runtime::resnet!("../pass/tiny.yaml", weights = "../weights/digits.packed");

// Cut off.
resnet_runtime::resnet!(cut = "../specs/digits.yaml", algorithm = direct, weights = "../weights/cut.packed");

// Of other algorithms, which take more.
resnet_runtime::resnet!(other = "../specs/digits.yaml", algorithm = winograd, weights = "../weights/digits.packed");

fn main() {}
