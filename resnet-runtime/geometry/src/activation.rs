//! The functions that networks apply to each value.

/// What is applied to each value. Formulas and edge cases are PyTorch's, whose
/// functions are named; parameters must be finite.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(x, 0)`, `relu` (Nair & Hinton 2010).
    Relu,
    /// `x` above zero, else `slope * x`, `leaky_relu` (Maas et al. 2013).
    LeakyRelu {
        /// Factor of values up to zero; torch's default is 0.01.
        slope: f64,
    },
    /// `x * sigmoid(x)`, `silu` (Elfwing et al. 2017, arXiv:1702.03118), also
    /// known as Swish.
    Silu,
    /// `x * Phi(x)` with the normal distribution's `Phi(x) = (1 + erf(x /
    /// sqrt(2))) / 2`, `gelu` without approximation (Hendrycks & Gimpel 2016,
    /// arXiv:1606.08415).
    Gelu,
    /// `x` above zero, else `alpha * (exp(x) - 1)`, `elu` (Clevert et al.
    /// 2015, arXiv:1511.07289).
    Elu {
        /// Minus the limit far below zero; torch's default is 1.
        alpha: f64,
    },
    /// `x * min(max(x + 3, 0), 6) / 6`, `hardswish` (Howard et al. 2019,
    /// arXiv:1905.02244).
    HardSwish,
    /// `1 / (1 + exp(-x))`, `sigmoid`.
    Sigmoid,
    /// `(exp(2 x) - 1) / (exp(2 x) + 1)`, `tanh`.
    Tanh,
}

impl Activation {
    /// Its name in specs and texts.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Relu => "relu",
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Silu => "silu",
            Self::Gelu => "gelu",
            Self::Elu { .. } => "elu",
            Self::HardSwish => "hard_swish",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
        }
    }

    /// Whether the derivative follows from the output, so that the input need
    /// not be kept for backward.
    pub const fn derivative_from_output(&self) -> bool {
        match self {
            Self::Identity | Self::Relu | Self::Sigmoid | Self::Tanh => true,
            // The output has the input's sign, and determines it.
            Self::LeakyRelu { slope: factor } | Self::Elu { alpha: factor } => *factor > 0.0,
            Self::Silu | Self::Gelu | Self::HardSwish => false,
        }
    }

    /// Whether zero stays zero, as padding must.
    pub const fn keeps_zero(&self) -> bool {
        !matches!(self, Self::Sigmoid)
    }
}

#[cfg(test)]
mod tests {
    use super::Activation::*;

    #[test]
    fn what_backward_needs() {
        for from_output in [Relu, LeakyRelu { slope: 0.1 }, Elu { alpha: 1.0 }, Sigmoid] {
            assert!(from_output.derivative_from_output(), "{from_output:?}");
        }
        for from_input in [Silu, Gelu, HardSwish, LeakyRelu { slope: -0.1 }] {
            assert!(!from_input.derivative_from_output(), "{from_input:?}");
        }
        assert!(!Elu { alpha: f64::NAN }.derivative_from_output());
        assert!(Gelu.keeps_zero() && !Sigmoid.keeps_zero());
    }
}
