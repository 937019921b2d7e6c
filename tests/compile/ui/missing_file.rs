resnet_runtime::resnet!("/no/such/folder/missing_file.yaml");

fn main() {}
