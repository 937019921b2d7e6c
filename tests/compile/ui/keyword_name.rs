resnet_runtime::resnet!(pub(crate) fn = "../pass/tiny.yaml");
resnet_runtime::resnet!(pub(crate) net "../pass/tiny.yaml");

fn main() {}
