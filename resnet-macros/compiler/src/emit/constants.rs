//! Named constants for shapes, so that emitted code says what it works on.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use resnet_geometry::{CHANNEL_BLOCK, Conv2d, Linear, Map, Pool2d, round_up};

use super::call::{number, pair};

/// The constants of one module, in order of first use.
#[derive(Debug, Default)]
pub(super) struct Constants {
    items: Vec<(Ident, TokenStream)>,
    norms: Vec<(u64, u64)>,
}

impl Constants {
    /// The constant's name; adds it at its first use. Names tell contents, so
    /// equal names mean equal constants.
    fn intern(&mut self, name: String, item: impl FnOnce(&Ident) -> TokenStream) -> Ident {
        let name = format_ident!("{name}");
        if !self.items.iter().any(|(known, _)| *known == name) {
            let item = item(&name);
            self.items.push((name.clone(), item));
        }
        name
    }

    pub(super) fn map(&mut self, map: Map) -> Ident {
        let Map {
            channels,
            height,
            width,
            channel_stride,
            halo,
        } = map;
        let mut name = format!("MAP_{channels}X{height}X{width}");
        let [c, h, w] = [channels, height, width].map(number);
        let mut value = quote!(Map::new(#c, #h, #w));
        if channel_stride != round_up(channels, CHANNEL_BLOCK) {
            name += &format!("_STRIDE{channel_stride}");
            let stride = number(channel_stride);
            value = quote!(#value.channel_stride(#stride));
        }
        if halo != 0 {
            name += &format!("_HALO{halo}");
            let halo = number(halo);
            value = quote!(#value.halo(#halo));
        }
        self.intern(name, |name| quote!(const #name: Map = #value;))
    }

    pub(super) fn conv2d(&mut self, sizes: Conv2d) -> Ident {
        let Conv2d {
            in_channels,
            out_channels,
            kernel,
            stride,
            padding,
            dilation,
            groups,
        } = sizes;
        let window = window_name(kernel, stride, padding);
        let mut name = format!("CONV_{in_channels}_{out_channels}_{window}");
        let (i, o) = (number(in_channels), number(out_channels));
        let kernel = pair(kernel);
        let mut rest = stride_and_padding(stride, padding);
        if dilation != [1, 1] {
            name += &suffix("D", dilation, 1);
            let dilation = pair(dilation);
            rest.extend(quote!(.dilation(#dilation)));
        }
        if groups != 1 {
            name += &format!("_G{groups}");
            let groups = number(groups);
            rest.extend(quote!(.groups(#groups)));
        }
        self.intern(
            name,
            |name| quote!(const #name: Conv2d = Conv2d::new(#i, #o).kernel(#kernel) #rest;),
        )
    }

    pub(super) fn pool2d(&mut self, sizes: Pool2d) -> Ident {
        let Pool2d {
            kernel,
            stride,
            padding,
            extra,
            ceil,
            count_padding,
        } = sizes;
        let mut name = format!("POOL_{}", window_name(kernel, stride, padding));
        let kernel = pair(kernel);
        let mut rest = stride_and_padding(stride, padding);
        if extra != [0, 0] {
            name += &format!("_E{}X{}", extra[0], extra[1]);
            let extra = pair(extra);
            rest.extend(quote!(.extra(#extra)));
        }
        if ceil {
            name += "_CEIL";
            rest.extend(quote!(.ceil()));
        }
        if !count_padding {
            name += "_INSIDE";
            rest.extend(quote!(.exclude_padding()));
        }
        self.intern(
            name,
            |name| quote!(const #name: Pool2d = Pool2d::new(#kernel) #rest;),
        )
    }

    pub(super) fn linear(&mut self, sizes: Linear) -> Ident {
        let Linear {
            in_features,
            out_features,
        } = sizes;
        let name = format!("LINEAR_{in_features}_{out_features}");
        let (i, o) = (number(in_features), number(out_features));
        self.intern(
            name,
            |name| quote!(const #name: Linear = Linear::new(#i, #o);),
        )
    }

    /// A function that makes a batch norm with these options from its four offsets.
    pub(super) fn norm(&mut self, epsilon: f64, momentum: f64) -> Ident {
        // `norm` where all norms have one set of options, as nearly always.
        let options = (epsilon.to_bits(), momentum.to_bits());
        let known = self.norms.iter().position(|&norm| norm == options);
        let index = known.unwrap_or_else(|| {
            self.norms.push(options);
            self.norms.len() - 1
        });
        let name = match index {
            0 => "norm".to_owned(),
            index => format!("norm{index}"),
        };
        let (epsilon, momentum) = (
            Literal::f64_unsuffixed(epsilon),
            Literal::f64_unsuffixed(momentum),
        );
        self.intern(name, |name| {
            quote! {
                const fn #name(
                    weight: usize,
                    bias: usize,
                    running_mean: usize,
                    running_var: usize,
                ) -> BatchNorm {
                    let (epsilon, momentum) = (#epsilon, #momentum);
                    BatchNorm { weight, bias, running_mean, running_var, epsilon, momentum }
                }
            }
        })
    }

    pub(super) fn items(self) -> TokenStream {
        let mut items = self.items;
        items.sort_by(|(a, _), (b, _)| a.cmp(b));
        items.into_iter().map(|(_, item)| item).collect()
    }
}

/// `3X3`, with `_S2` for a stride and `_P1` for a padding.
fn window_name(kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> String {
    let (stride, padding) = (suffix("S", stride, 1), suffix("P", padding, 0));
    format!("{}X{}{stride}{padding}", kernel[0], kernel[1])
}

/// `_S2` or `_S2X1`, nothing for the default.
fn suffix(letter: &str, [h, w]: [usize; 2], default: usize) -> String {
    match h == w {
        true if h == default => String::new(),
        true => format!("_{letter}{h}"),
        false => format!("_{letter}{h}X{w}"),
    }
}

/// Calls that set what isn't the default.
fn stride_and_padding(stride: [usize; 2], padding: [usize; 2]) -> TokenStream {
    let mut calls = TokenStream::new();
    if stride != [1, 1] {
        let stride = pair(stride);
        calls.extend(quote!(.stride(#stride)));
    }
    if padding != [0, 0] {
        let padding = pair(padding);
        calls.extend(quote!(.padding(#padding)));
    }
    calls
}
