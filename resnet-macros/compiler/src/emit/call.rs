//! One call of the runtime's seam: constants that its code depends on, and
//! offsets that may differ between otherwise identical blocks.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::mem::discriminant;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{format_ident, quote};
use resnet_geometry::{Activation, Algorithm, Buffer, Conv2d, Linear, Map, Pool2d};

use super::constants::Constants;
use super::site::Site;
use crate::ops::Norm;
use crate::parameter::ParameterId;

/// A call of one seam function.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name of the function.
    pub method: &'static str,
    /// Arguments in order.
    pub args: Vec<Arg>,
    /// Whether the function that calls returns when this gives `true`.
    pub ends: bool,
    /// What it does, for a comment.
    pub comment: String,
}

impl Call {
    /// A call of `method`.
    pub fn new(method: &'static str, args: impl IntoIterator<Item = Arg>) -> Self {
        Self {
            method,
            args: args.into_iter().collect(),
            ends: false,
            comment: String::new(),
        }
    }

    /// The update of a parameter that isn't packed.
    pub fn update_vector(site: &Site<'_>, id: ParameterId) -> Self {
        let offset = Arg::offset(site.parameter(id));
        let len = Arg::count(site.parameter_len(id));
        Self::new("update_vector", [offset, len])
    }

    /// The same, with the calling function at its end if it gives `true`.
    pub fn that_may_end_it(self) -> Self {
        Self { ends: true, ..self }
    }

    pub(super) fn of(self, comment: String) -> Self {
        Self { comment, ..self }
    }

    /// True when both calls differ in nothing but offsets.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let args = self.args.iter().map(|arg| &arg.kind);
        self.method == other.method && args.eq(other.args.iter().map(|arg| &arg.kind))
    }

    /// A number that is the same for calls that are alike, and rarely for others.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.method.hash(&mut hasher);
        for arg in &self.args {
            match &arg.kind {
                Kind::Conv2d(sizes) => sizes.hash(&mut hasher),
                Kind::Buffer(map) | Kind::SomeBuffer(map) => map.hash(&mut hasher),
                Kind::Count(count) => count.hash(&mut hasher),
                kind => discriminant(kind).hash(&mut hasher),
            }
        }
        hasher.finish()
    }

    /// All offsets, in order of the arguments.
    pub(super) fn offsets(&self) -> Vec<usize> {
        let args = self.args.iter();
        args.flat_map(|arg| arg.offsets.iter().copied()).collect()
    }
}

/// An argument: what kind it is, and the offsets in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Arg {
    pub(super) kind: Kind,
    offsets: Vec<usize>,
}

/// Everything about an argument but its offsets.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Conv2d(Conv2d),
    Pool2d(Pool2d),
    Linear(Linear),
    Activation(Activation),
    Algorithm(Algorithm),
    Pair([usize; 2]),
    Number(f64),
    Count(usize),
    Text(String),
    Offset,
    Buffer(Map),
    Norm { epsilon: f64, momentum: f64 },
    None,
    SomeOffset,
    SomeBuffer(Map),
    SomeNorm { epsilon: f64, momentum: f64 },
}

impl Arg {
    fn new(kind: Kind, offsets: impl Into<Vec<usize>>) -> Self {
        let offsets = offsets.into();
        Self { kind, offsets }
    }

    /// Sizes of a convolution.
    pub fn conv2d(sizes: Conv2d) -> Self {
        Self::new(Kind::Conv2d(sizes), [])
    }

    /// Sizes of a pool.
    pub fn pool2d(sizes: Pool2d) -> Self {
        Self::new(Kind::Pool2d(sizes), [])
    }

    /// Sizes of a linear layer.
    pub fn linear(sizes: Linear) -> Self {
        Self::new(Kind::Linear(sizes), [])
    }

    /// An activation.
    pub fn activation(activation: Activation) -> Self {
        Self::new(Kind::Activation(activation), [])
    }

    /// How a convolution is computed.
    pub fn algorithm(algorithm: Algorithm) -> Self {
        Self::new(Kind::Algorithm(algorithm), [])
    }

    /// Two sizes, vertical and horizontal.
    pub fn pair(sizes: [usize; 2]) -> Self {
        Self::new(Kind::Pair(sizes), [])
    }

    /// A number.
    pub fn number(number: f64) -> Self {
        Self::new(Kind::Number(number), [])
    }

    /// A string.
    pub fn text(text: &str) -> Self {
        Self::new(Kind::Text(text.to_owned()), [])
    }

    /// A whole number that says what is computed.
    pub fn count(count: usize) -> Self {
        Self::new(Kind::Count(count), [])
    }

    /// An offset, or another whole number that may differ from one block to
    /// the next without making them different code.
    pub fn offset(offset: usize) -> Self {
        Self::new(Kind::Offset, [offset])
    }

    /// An offset or `None`.
    pub fn some_offset(offset: Option<usize>) -> Self {
        match offset {
            Some(offset) => Self::new(Kind::SomeOffset, [offset]),
            None => Self::new(Kind::None, []),
        }
    }

    /// A buffer of the arena.
    pub fn buffer(buffer: Buffer) -> Self {
        Self::new(Kind::Buffer(buffer.map), [buffer.offset])
    }

    /// A buffer or `None`.
    pub fn some_buffer(buffer: Option<Buffer>) -> Self {
        match buffer {
            Some(buffer) => Self::new(Kind::SomeBuffer(buffer.map), [buffer.offset]),
            None => Self::new(Kind::None, []),
        }
    }

    /// A batch norm.
    pub fn norm(site: &Site<'_>, norm: &Norm) -> Self {
        let kind = Kind::Norm {
            epsilon: norm.epsilon,
            momentum: norm.momentum,
        };
        Self::new(kind, norm.parameters().map(|id| site.parameter(id)))
    }

    /// A batch norm, as [`norm`](Self::norm) gives it, or `None`.
    pub fn some_norm(norm: Option<Self>) -> Self {
        match norm {
            Some(Self {
                kind: Kind::Norm { epsilon, momentum },
                offsets,
            }) => Self::new(Kind::SomeNorm { epsilon, momentum }, offsets),
            _ => Self::new(Kind::None, []),
        }
    }

    /// The argument as Rust, its offsets taken from `offsets`.
    pub(super) fn tokens(
        &self,
        constants: &mut Constants,
        offsets: &mut impl Iterator<Item = TokenStream>,
    ) -> TokenStream {
        let mut next = || offsets.next().expect("one for each offset");
        match self.kind.clone() {
            Kind::Conv2d(sizes) => {
                let name = constants.conv2d(sizes);
                quote!(&#name)
            }
            Kind::Pool2d(sizes) => {
                let name = constants.pool2d(sizes);
                quote!(&#name)
            }
            Kind::Linear(sizes) => {
                let name = constants.linear(sizes);
                quote!(&#name)
            }
            Kind::Activation(activation) => constructor(activation),
            Kind::Algorithm(algorithm) => {
                let name = variant(algorithm);
                quote!(Algorithm::#name)
            }
            Kind::Pair(sizes) => pair(sizes),
            Kind::Number(value) => {
                let value = Literal::f64_unsuffixed(value);
                quote!(#value)
            }
            Kind::Count(count) => {
                let count = number(count);
                quote!(#count)
            }
            Kind::Text(text) => quote!(#text),
            Kind::Offset => next(),
            Kind::None => quote!(None),
            Kind::SomeOffset => {
                let offset = next();
                quote!(Some(#offset))
            }
            Kind::Buffer(map) => {
                let (map, offset) = (constants.map(map), next());
                quote!(#map.at(#offset))
            }
            Kind::SomeBuffer(map) => {
                let (map, offset) = (constants.map(map), next());
                quote!(Some(#map.at(#offset)))
            }
            Kind::Norm { epsilon, momentum } => {
                let norm = constants.norm(epsilon, momentum);
                let [w, b, mean, var] = [(); 4].map(|()| next());
                quote!(&#norm(#w, #b, #mean, #var))
            }
            Kind::SomeNorm { epsilon, momentum } => {
                let norm = constants.norm(epsilon, momentum);
                let [w, b, mean, var] = [(); 4].map(|()| next());
                quote!(Some(&#norm(#w, #b, #mean, #var)))
            }
        }
    }
}

/// An activation as a Rust expression.
fn constructor(activation: Activation) -> TokenStream {
    match activation {
        Activation::Identity => quote!(Activation::Identity),
        Activation::Relu => quote!(Activation::Relu),
        Activation::LeakyRelu { slope } => {
            let slope = real(slope);
            quote!(Activation::LeakyRelu { slope: #slope })
        }
        Activation::Silu => quote!(Activation::Silu),
        Activation::Gelu => quote!(Activation::Gelu),
        Activation::Elu { alpha } => {
            let alpha = real(alpha);
            quote!(Activation::Elu { alpha: #alpha })
        }
        Activation::HardSwish => quote!(Activation::HardSwish),
        Activation::Sigmoid => quote!(Activation::Sigmoid),
        Activation::Tanh => quote!(Activation::Tanh),
    }
}

/// A finite number; a negative one is no literal but an expression.
fn real(value: f64) -> TokenStream {
    let magnitude = Literal::f64_unsuffixed(value.abs());
    match value.is_sign_negative() {
        true => quote!(-#magnitude),
        false => quote!(#magnitude),
    }
}

/// A literal without suffix.
pub(super) fn number(value: usize) -> Literal {
    Literal::usize_unsuffixed(value)
}

/// An enum's variant, of an enum that the runtime has too.
pub(super) fn variant(value: impl std::fmt::Debug) -> Ident {
    let name = format!("{value:?}");
    format_ident!("{name}")
}

/// Two sizes.
pub(super) fn pair(sizes: [usize; 2]) -> TokenStream {
    let sizes = sizes.map(number);
    quote!([#(#sizes),*])
}
