//! Depth costs nothing in emitted code: repeated blocks are loops, and tables
//! state them once. (Times are for the benchmark of the same name.)

mod deep_common;

use deep_common::{cifar, published};
use proc_macro2::{TokenStream, TokenTree};
use resnet_compiler::source::Source;
use resnet_compiler::{Options, compile};

/// Tokens, those in groups included.
fn tokens(source: &Source) -> usize {
    fn count(tokens: TokenStream) -> usize {
        let trees = tokens.into_iter().map(|tree| match tree {
            TokenTree::Group(group) => 2 + count(group.stream()),
            _ => 1,
        });
        trees.sum()
    }
    count(compile(source, &Options::default()).unwrap())
}

#[test]
fn a_network_of_1202_layers_becomes_as_much_code_as_one_of_110() {
    let [deep, deepest] = [18, 200].map(|blocks| tokens(&cifar(blocks)));
    assert_eq!(deep, deepest);
}

#[test]
fn resnet152_becomes_hardly_more_code_than_resnet50() {
    let of = |name: &str| {
        let sources = published();
        tokens(sources.iter().find(|source| source.path == name).unwrap())
    };
    let [fifty, more] = ["resnet50", "resnet152"].map(of);
    assert!(more <= fifty + fifty / 10, "{more} tokens, {fifty}");
}
