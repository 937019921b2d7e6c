//! One node to a layer.

use super::layer::{Layer, Op};
use super::windows::{padding, padding_and_extra, pair, text};
use super::{Importer, Made};
use crate::onnx::message::{Attribute, Node};

type Done = Result<(), String>;

impl<'m> Importer<'m> {
    /// Adds the layer that does a node's work.
    pub(super) fn node(&mut self, node: &'m Node) -> Done {
        if self.computes(node) || self.gelu(node)? {
            return Ok(());
        }
        match node.op.as_str() {
            "Conv" => self.conv(node),
            "BatchNormalization" => self.norm(node),
            "Gemm" | "MatMul" => self.linear(node),
            "MaxPool" | "AveragePool" => self.pool(node),
            "GlobalAveragePool" | "ReduceMean" => self.global_pool(node),
            "Relu" => self.activation(node, "relu".to_owned()),
            "Sigmoid" => self.activation(node, "sigmoid".to_owned()),
            "Tanh" => self.activation(node, "tanh".to_owned()),
            "HardSwish" => self.activation(node, "hard_swish".to_owned()),
            "Gelu" => match node.attribute("approximate") {
                None => self.activation(node, "gelu".to_owned()),
                Some(Attribute::Text(none)) if none == "none" => {
                    self.activation(node, "gelu".to_owned())
                }
                Some(_) => Err("the approximation of gelu is not computed".to_owned()),
            },
            "LeakyRelu" => {
                let slope = node.float("alpha").unwrap_or(0.01);
                self.activation(node, format!("{{leaky_relu: {{slope: {slope}}}}}"))
            }
            "Elu" => {
                let alpha = node.float("alpha").unwrap_or(1.0);
                self.activation(node, format!("{{elu: {{alpha: {alpha}}}}}"))
            }
            "Add" | "Sum" => self.sum(node),
            "Mul" => self.product(node),
            "Slice" => self.slice(node),
            "Pad" => self.pad(node),
            "Concat" => match node.int("axis") {
                Some(1 | -3) => self.concat(node),
                axis => Err(format!("joins axis {axis:?}, expected channels, 1")),
            },
            "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => {
                let made = self.value(node, 0)?;
                match made.pixel {
                    true => self.alias(node),
                    false => Err("changes the shape of a map of more than one pixel".to_owned()),
                }
            }
            "Identity" | "Dropout" => match self.constant(node, 0) {
                Ok(Some(tensor)) => {
                    self.constants.insert(output(node)?, tensor);
                    Ok(())
                }
                _ => self.alias(node),
            },
            "Constant" => self.constant_node(node),
            _ => Err("no layer does this".to_owned()),
        }
    }

    fn conv(&mut self, node: &'m Node) -> Done {
        let input = node.inputs.first().map_or("", String::as_str);
        if let Some((made, border)) = self.mirrored.get(input).cloned() {
            return self.blur_pool(node, made, border);
        }
        let made = self.value(node, 0)?;
        let (shape, weight) = self.floats(node, 1)?;
        let &[channels, _, rows, columns] = shape else {
            return Err(format!("a weight of shape {shape:?}, expected four sizes"));
        };
        let bias = match self.constant(node, 2)? {
            Some(_) => Some(self.floats(node, 2)?),
            None => None,
        };
        let kernel = [rows, columns];
        let (stride, dilation) = (pair(node, "strides", 1)?, pair(node, "dilations", 1)?);
        let padding = padding(node)?;
        let groups = node.int("group").unwrap_or(1);
        let mut keys = format!("channels: {channels}, kernel: {}", text(kernel));
        let mut key = |name: &str, value: String, default: String| {
            if value != default {
                keys += &format!(", {name}: {value}");
            }
        };
        key("stride", text(stride), "1".to_owned());
        key("padding", text(padding), text([rows / 2, columns / 2]));
        key("dilation", text(dilation), "1".to_owned());
        key("groups", groups.to_string(), "1".to_owned());
        key("bias", bias.is_some().to_string(), "false".to_owned());
        let name = self
            .names
            .layer(node, node.inputs.get(1).map(String::as_str));
        self.parameter(&name, "weight", shape, weight.to_vec());
        if let Some((shape, bias)) = bias {
            self.parameter(&name, "bias", shape, bias.to_vec());
        }
        // One pixel stays one if the kernel fits but once.
        let once = |axis: usize| {
            (2 * padding[axis] + 1)
                .saturating_sub(kernel[axis].saturating_sub(1) * dilation[axis] + 1)
                < stride[axis]
        };
        let pixel = made.pixel && once(0) && once(1);
        let made = Made {
            channels,
            pixel,
            ..made
        };
        self.layer(node, name, "conv", format!("{{{keys}}}"), made)
    }

    fn norm(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        let mut parameters = Vec::new();
        for (port, part) in (1..).zip(["weight", "bias", "running_mean", "running_var"]) {
            parameters.push((part, self.floats(node, port)?));
        }
        let epsilon = node.float("epsilon").unwrap_or(1e-5);
        let momentum = 1.0 - node.float("momentum").unwrap_or(0.9);
        let mut keys = Vec::new();
        if (epsilon - 1e-5).abs() > 1e-9 {
            keys.push(format!("epsilon: {epsilon}"));
        }
        if (momentum - 0.1).abs() > 1e-6 {
            keys.push(format!("momentum: {momentum}"));
        }
        let value = match keys.is_empty() {
            true => "batch".to_owned(),
            false => format!("{{batch: {{{}}}}}", keys.join(", ")),
        };
        let name = self
            .names
            .layer(node, node.inputs.get(1).map(String::as_str));
        for (part, (shape, values)) in parameters {
            self.parameter(&name, part, shape, values.to_vec());
        }
        self.layer(node, name, "norm", value, made)
    }

    fn linear(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        if !made.pixel {
            return Err("reads a map of more than one pixel".to_owned());
        }
        let (shape, weight) = self.floats(node, 1)?;
        let &[a, b] = shape else {
            return Err(format!("a weight of shape {shape:?}, expected two sizes"));
        };
        for (name, expected) in [("alpha", 1.0), ("beta", 1.0)] {
            if node.float(name).is_some_and(|found| found != expected) {
                return Err(format!("{name} is not 1"));
            }
        }
        if node.int("transA").unwrap_or(0) != 0 {
            return Err("reads its input transposed".to_owned());
        }
        let ([features, read], weight) = match node.int("transB").unwrap_or(0) {
            0 => {
                let transposed = (0..b).flat_map(|o| (0..a).map(move |i| weight[i * b + o]));
                ([b, a], transposed.collect())
            }
            _ => ([a, b], weight.to_vec()),
        };
        let bias = match self.constant(node, 2)? {
            Some(_) => Some(self.floats(node, 2)?.1),
            None => None,
        };
        let bias = bias.filter(|bias| bias.len() == features);
        if bias.is_none() && node.inputs.len() > 2 {
            return Err("a bias that isn't one number for each feature".to_owned());
        }
        let name = self
            .names
            .layer(node, node.inputs.get(1).map(String::as_str));
        self.parameter(&name, "weight", &[features, read], weight);
        let value = match bias {
            Some(bias) => {
                self.parameter(&name, "bias", &[features], bias.to_vec());
                format!("{{features: {features}}}")
            }
            None => format!("{{features: {features}, bias: false}}"),
        };
        let made = Made {
            channels: features,
            ..made
        };
        self.layer(node, name, "linear", value, made)
    }

    fn pool(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        let kernel = pair(node, "kernel_shape", 0)?;
        let stride = pair(node, "strides", 1)?;
        if pair(node, "dilations", 1)? != [1, 1] {
            return Err("a pool with dilation".to_owned());
        }
        let (padding, extra) = padding_and_extra(node)?;
        let kind = match node.op.as_str() {
            "MaxPool" => "max",
            _ => "average",
        };
        let mut keys = format!(
            "kind: {kind}, kernel: {}, stride: {}, padding: {}",
            text(kernel),
            text(stride),
            text(padding)
        );
        if extra != [0, 0] {
            keys += &format!(", extra_padding: {}", text(extra));
        }
        if node.int("ceil_mode").unwrap_or(0) != 0 {
            keys += ", ceil: true";
        }
        let padded = padding != [0, 0] || extra != [0, 0];
        if kind == "average" && padded && node.int("count_include_pad").unwrap_or(0) == 0 {
            keys += ", count_padding: false";
        }
        let name = self.names.layer(node, None);
        let made = Made {
            pixel: false,
            ..made
        };
        self.layer(node, name, "pool", format!("{{{keys}}}"), made)
    }

    fn global_pool(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        if node.op == "ReduceMean" {
            let mut axes = self.ints(node, "axes", 1)?.unwrap_or_default();
            for axis in &mut axes {
                *axis = axis.rem_euclid(4);
            }
            axes.sort_unstable();
            if axes != [2, 3] {
                return Err(format!(
                    "a mean over axes {axes:?}, expected rows and columns, [2, 3]"
                ));
            }
        }
        let name = self.names.layer(node, None);
        let made = Made {
            pixel: true,
            ..made
        };
        self.layer(node, name, "global_pool", "average".to_owned(), made)
    }

    fn activation(&mut self, node: &'m Node, value: String) -> Done {
        let made = self.value(node, 0)?;
        let name = self.names.layer(node, None);
        self.layer(node, name, "activation", value, made)
    }

    /// Adds a layer that reads the one of `made`, and makes the rest of it.
    pub(super) fn layer(
        &mut self,
        node: &'m Node,
        name: String,
        key: &'static str,
        value: String,
        made: Made,
    ) -> Done {
        let input = made.layer;
        let op = Op::Of { input, key, value };
        self.layers.push(Layer {
            name: name.clone(),
            op,
        });
        self.made(node, name, made.channels, made.pixel)
    }

    /// Notes what a layer makes.
    pub(super) fn made(
        &mut self,
        node: &'m Node,
        layer: String,
        channels: usize,
        pixel: bool,
    ) -> Done {
        let made = Made {
            layer,
            channels,
            pixel,
        };
        self.alias_of(node, made)
    }

    /// A node that changes nothing here.
    fn alias(&mut self, node: &'m Node) -> Done {
        let made = self.value(node, 0)?;
        self.alias_of(node, made)
    }

    pub(super) fn alias_of(&mut self, node: &'m Node, made: Made) -> Done {
        self.values.insert(output(node)?, made);
        Ok(())
    }

    pub(super) fn parameter(&mut self, layer: &str, part: &str, shape: &[usize], values: Vec<f32>) {
        let name = format!("{layer}.{part}");
        self.tensors.push((name, shape.to_vec(), values));
    }
}

/// The first output of a node; nobody reads the others (masks, indices).
pub(super) fn output(node: &Node) -> Result<&str, String> {
    let first = node.outputs.first();
    first
        .map(String::as_str)
        .ok_or_else(|| "has no output".to_owned())
}
