//! Parameters and multiply-adds against the published tables.

use resnet_compiler::emit::Network;
use resnet_compiler::{analyse, source::Source};
use sha2::{Digest, Sha256};

fn network(name: &str) -> Network {
    let path = format!("{}/../../specs/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    analyse(&Source::read(path.as_ref(), name).unwrap()).unwrap()
}

fn counts(name: &str) -> (u64, u64) {
    counts_of(&network(name))
}

fn counts_of(network: &Network) -> (u64, u64) {
    let graph = &network.inference.graph;
    let trainable = graph.parameters().iter().filter(|p| !p.role.is_running());
    let parameters = trainable.map(|p| p.len() as u64).sum();
    let nodes = graph.indices();
    let macs = nodes
        .iter()
        .map(|&i| graph.node(i))
        .filter(|n| !n.outputs.is_empty());
    (
        parameters,
        macs.map(|node| node.op.macs(node.outputs[0])).sum(),
    )
}

/// torchvision's own counts of parameters; multiply-adds of its "GFLOPS".
#[test]
fn imagenet_networks_have_torchvisions_parameters_and_macs() {
    for (name, parameters, gmacs) in [
        ("resnet18", 11_689_512, 1.814),
        ("resnet34", 21_797_672, 3.664),
        ("resnet50", 25_557_032, 4.089),
        ("resnet101", 44_549_160, 7.801),
        ("resnet152", 60_192_808, 11.514),
        ("resnext50_32x4d", 25_028_904, 4.23),
        ("resnext101_32x8d", 88_791_336, 16.414),
        ("wide_resnet50_2", 68_883_240, 11.398),
        ("wide_resnet101_2", 126_886_696, 22.753),
    ] {
        let (found, macs) = counts(name);
        assert_eq!(found, parameters, "{name}");
        let found = macs as f64 / 1e9;
        assert!((found - gmacs).abs() < 0.0006, "{name}: {found} GMAC");
    }
}

/// `tests/reference/names.py` recorded what torchvision and timm have: counts, and a hash of
/// every parameter's name and shape.
#[test]
fn names_and_shapes_are_those_of_torchvision_and_timm() {
    for line in include_str!("../../../tests/reference/names.tsv").lines() {
        let [name, parameters, macs, tensors, digest] = line.split('\t').collect::<Vec<_>>()[..]
        else {
            panic!("{line}");
        };
        let network = network(name);
        let graph = &network.inference.graph;
        let mut lines: Vec<_> = graph
            .parameters()
            .iter()
            .map(|parameter| {
                let sizes = parameter.shape.iter().map(|size| format!(" {size}"));
                format!("{}{}", parameter.name, sizes.collect::<String>())
            })
            .collect();
        lines.sort();
        assert_eq!(lines.len().to_string(), tensors, "{name}");
        let found = Sha256::digest(lines.join("\n"));
        let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, digest, "{name}: {lines:#?}");
        let (found, found_macs) = counts_of(&network);
        assert_eq!(found.to_string(), parameters, "{name}");
        assert_eq!(found_macs.to_string(), macs, "{name}");
    }
}

/// He et al. 2015, table 6: "0.27M", "0.46M", "0.66M", "0.85M", "1.7M", "19.4M". Exact
/// counts are those of option A: 9 * channels products a layer, two scalars a
/// channel of each norm, and the last layer.
#[test]
fn cifar_networks_have_the_papers_parameters() {
    for (name, millions, n) in [
        ("cifar_resnet20", 0.27, 3),
        ("cifar_resnet32", 0.46, 5),
        ("cifar_resnet44", 0.66, 7),
        ("cifar_resnet56", 0.85, 9),
        ("cifar_resnet110", 1.7, 18),
        ("cifar_resnet1202", 19.4, 200),
    ] {
        let conv = |i: u64, o: u64| 9 * i * o + 2 * o;
        let stage = |i: u64, o: u64| conv(i, o) + (2 * n - 1) * conv(o, o);
        let exact = conv(3, 16) + stage(16, 16) + stage(16, 32) + stage(32, 64) + 650;
        let found = counts(name);
        assert_eq!(found.0, exact, "{name}");
        let rounded = found.0 as f64 / 1e6;
        assert!((rounded - millions).abs() < 0.05, "{name}: {rounded}M");
        // Shortcuts of option A have neither parameters nor multiply-adds.
        if n < 200 {
            let plain = name.replace("resnet", "plain");
            assert_eq!(counts(&plain), found, "{plain}");
        }
    }
    assert_eq!(counts("cifar_resnet20").1, 40_551_040);
}

#[test]
fn names_are_torchvisions() {
    let network = network("resnet50");
    let names: Vec<_> = network
        .inference
        .graph
        .parameters()
        .iter()
        .map(|p| p.name.as_str())
        .collect();
    assert_eq!(names.len(), 161 + 2 * 53);
    for name in [
        "conv1.weight",
        "bn1.running_mean",
        "layer1.0.downsample.0.weight",
        "layer1.0.downsample.1.running_var",
        "layer4.2.conv3.weight",
        "layer4.2.bn3.bias",
        "fc.weight",
        "fc.bias",
    ] {
        assert!(names.contains(&name), "{name}");
    }
}
