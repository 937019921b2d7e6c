//! Words that both forms of a spec use.

use super::table::{Absent, Rule, choice, record, variant};
use crate::diagnostics::Located;

choice! {
    /// What a pool takes of each window.
    pub enum PoolKind {
        /// The largest value.
        Max = "max",
        /// The mean of the values.
        Average = "average",
    }
}

variant! {
    /// A function that is applied to each value.
    pub enum Activation {
        /// x where it is positive, else 0.
        Relu = "relu",
        /// x where it is positive, else `slope` times x.
        LeakyRelu(LeakyRelu) = "leaky_relu",
        /// x times its sigmoid, also called swish.
        Silu = "silu",
        /// x times the normal distribution's share below x.
        Gelu = "gelu",
        /// x where it is positive, else `alpha` times (exp(x) - 1).
        Elu(Elu) = "elu",
        /// x times (x + 3) / 6, the factor held between 0 and 1.
        HardSwish = "hard_swish",
        /// 1 / (1 + exp(-x)).
        Sigmoid = "sigmoid",
        /// The hyperbolic tangent.
        Tanh = "tanh",
        /// x itself.
        Identity = "identity",
    }
}

record! {
    /// Keys of `leaky_relu`.
    pub struct LeakyRelu {
        /// What negative values are multiplied by.
        slope: Located<f64> = Rule::real(0.0, 1.0).or(Absent::Number(0.01)),
    }
}

record! {
    /// Keys of `elu`.
    pub struct Elu {
        /// What negative values tend to, with its sign turned.
        alpha: Located<f64> = Rule::real(0.0, 100.0).or(Absent::Number(1.0)),
    }
}
