/// The residual network `several_outputs`: images of 3x7x5 to `logits` of 5x1x1, `stem` of 6x7x5, `features` of 6x7x5, `again` of 6x7x5, `embedding` of 6x1x1,
/// 545 parameters, 17040 multiply-adds an image.
///
/// ```text
/// ●   input             input                                 3x7x5
/// ●   conv1             conv2d 3x3 + batch_norm + relu        6x7x5
/// ├─╮
/// ● │ output.stem       output                                6x7x5
///   ● conv2             conv2d 3x3 + batch_norm + add + relu  6x7x5
/// ╮ ├
/// │ ● output.features   output                                6x7x5
/// ├─╮
/// ● │ output.again      output                                6x7x5
///   ● avgpool           global_average_pool                   6x1x1
/// ╮ ├
/// │ ● output.embedding  output                                6x1x1
/// ●   fc                linear                                5x1x1
/// ●   output.logits     output                                5x1x1
/// ```
///
/// | layer | op | input | output | parameters | MACs |
/// | --- | --- | --- | --- | ---: | ---: |
/// | conv1 | conv2d 3x3 + batch_norm + relu | 3x7x5 | 6x7x5 | 174 | 5670 |
/// | conv2 | conv2d 3x3 + batch_norm + add + relu | 6x7x5 | 6x7x5 | 336 | 11340 |
/// | avgpool | global_average_pool | 6x7x5 | 6x1x1 | 0 | 0 |
/// | fc | linear | 6x1x1 | 5x1x1 | 35 | 30 |
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::all,
    clippy::pedantic,
    reason = "emitted code: no user needs all of it, and nobody edits it"
)]
mod several_outputs {
    use ::resnet_runtime::{
        Activation, Algorithm, BatchNorm, Conv2d, Linear, Map, Pool2d, seam,
    };
    use ::resnet_runtime::{
        Fan, Init, LayerInfo, ModelInfo, OutputInfo, ParameterInfo, PlanInfo,
    };
    use ::resnet_runtime::{
        Interpolation, Preprocessing, Repeated, Resize, Role, Rows, Sizes, Table,
    };
    /// The network itself: its description and its code.
    #[derive(Clone, Copy, Debug)]
    pub struct Network;
    /// Immutable weights, packed for inference, shared between models.
    pub type Weights = ::resnet_runtime::Weights<Network>;
    /// Weights and an arena: runs inference.
    pub type Model = ::resnet_runtime::Model<Network>;
    /// Parameters, gradients and an arena: runs training steps.
    pub type Trainer = ::resnet_runtime::Trainer<Network>;
    impl ::resnet_runtime::Network for Network {
        type Element = f64;
        const INFO: &'static ModelInfo = &INFO;
        fn pack(pack: &mut seam::Pack<'_, f64>) {
            // conv1 = conv2d 3x3 + batch_norm + relu: 3x7x5 -> 6x7x5
            pack.conv2d(&CONV_3_6_3X3_P1, 0, None, Some(&norm(432, 448, 0, 16)), 0);
            // conv2 = conv2d 3x3 + batch_norm + add + relu: 6x7x5 -> 6x7x5
            pack.conv2d(
                &CONV_6_6_3X3_P1,
                464,
                None,
                Some(&norm(1328, 1344, 32, 48)),
                896,
            );
            // fc = linear: 6x1x1 -> 5x1x1
            pack.linear(&LINEAR_6_5, 1360, Some(1456), 2656);
        }
        fn forward(run: &mut seam::Forward<'_, f64>) {
            // input: 3x7x5
            run.input(MAP_3X7X5_STRIDE3_HALO1.at(1008));
            // conv1 = conv2d 3x3 + batch_norm + relu: 3x7x5 -> 6x7x5
            run.conv2d(
                &CONV_3_6_3X3_P1,
                MAP_3X7X5_STRIDE3_HALO1.at(1008),
                MAP_6X7X5_HALO1.at(0),
                None,
                Activation::Relu,
                0,
            );
            // output.stem = output: 6x7x5
            run.output(MAP_6X7X5_HALO1.at(0), 5);
            // conv2 = conv2d 3x3 + batch_norm + add + relu: 6x7x5 -> 6x7x5
            run.conv2d(
                &CONV_6_6_3X3_P1,
                MAP_6X7X5_HALO1.at(0),
                MAP_6X7X5.at(1008),
                Some(MAP_6X7X5_HALO1.at(0)),
                Activation::Relu,
                896,
            );
            // output.features = output: 6x7x5
            run.output(MAP_6X7X5.at(1008), 215);
            // output.again = output: 6x7x5
            run.output(MAP_6X7X5.at(1008), 425);
            // avgpool = global_average_pool: 6x7x5 -> 6x1x1
            run.global_average_pool(MAP_6X7X5.at(1008), MAP_6X1X1.at(0));
            // output.embedding = output: 6x1x1
            run.output(MAP_6X1X1.at(0), 635);
            // fc = linear: 6x1x1 -> 5x1x1
            run.linear(&LINEAR_6_5, MAP_6X1X1.at(0), MAP_5X1X1.at(16), 2656);
            // output.logits = output: 5x1x1
            run.output(MAP_5X1X1.at(16), 0);
        }
        fn train_forward(step: &mut seam::Step<'_, f64>) {
            // input: 3x7x5
            step.input(MAP_3X7X5_STRIDE3_HALO1.at(560));
            // conv1 = conv2d 3x3 + statistics: 3x7x5 -> 6x7x5
            step.conv2d_statistics(
                &CONV_3_6_3X3_P1,
                MAP_3X7X5_STRIDE3_HALO1.at(560),
                MAP_6X7X5.at(1760),
                0,
                0,
                0,
                0.00001,
                Algorithm::Direct,
            );
            // bn1 = batch_norm + relu: 6x7x5 -> 6x7x5
            step.batch_norm(
                &norm(432, 448, 0, 16),
                0,
                MAP_6X7X5.at(1760),
                None,
                MAP_6X7X5_HALO1.at(752),
                Activation::Relu,
            );
            // output.stem = output: 6x7x5
            step.output(MAP_6X7X5_HALO1.at(752), 5);
            // conv2 = conv2d 3x3 + statistics: 6x7x5 -> 6x7x5
            step.conv2d_statistics(
                &CONV_6_6_3X3_P1,
                MAP_6X7X5_HALO1.at(752),
                MAP_6X7X5.at(3328),
                864,
                32,
                0,
                0.00001,
                Algorithm::Direct,
            );
            // bn2 = batch_norm + add + relu: 6x7x5 -> 6x7x5
            step.batch_norm(
                &norm(1328, 1344, 32, 48),
                32,
                MAP_6X7X5.at(3328),
                Some(MAP_6X7X5_HALO1.at(752)),
                MAP_6X7X5.at(3888),
                Activation::Relu,
            );
            // output.features = output: 6x7x5
            step.output(MAP_6X7X5.at(3888), 215);
            // output.again = output: 6x7x5
            step.output(MAP_6X7X5.at(3888), 425);
            // avgpool = global_average_pool: 6x7x5 -> 6x1x1
            step.global_average_pool(MAP_6X7X5.at(3888), MAP_6X1X1.at(16));
            // output.embedding = output: 6x1x1
            step.output(MAP_6X1X1.at(16), 635);
            // fc = linear: 6x1x1 -> 5x1x1
            step.linear(
                &LINEAR_6_5,
                MAP_6X1X1.at(16),
                MAP_5X1X1.at(0),
                Some(1456),
                2592,
            );
            // output.logits = output: 5x1x1
            step.output(MAP_5X1X1.at(0), 0);
        }
        fn train_backward(step: &mut seam::Step<'_, f64>) {
            // d_output.logits.input = d_output: 5x1x1
            step.d_output("logits", MAP_5X1X1.at(0), None);
            // d_fc.weight = linear_backward_weight: 6x1x1
            step.linear_backward_weight(
                &LINEAR_6_5,
                MAP_6X1X1.at(16),
                MAP_5X1X1.at(0),
                1360,
                Some(1456),
            );
            // d_fc.input = linear_backward_input: 5x1x1 -> 6x1x1
            step.linear_backward_input(
                &LINEAR_6_5,
                MAP_5X1X1.at(0),
                MAP_6X1X1.at(2320),
                None,
                0,
            );
            // d_output.embedding.input = d_output: 6x1x1 -> 6x1x1
            step.d_output("embedding", MAP_6X1X1.at(2320), Some(MAP_6X1X1.at(2320)));
            // d_avgpool.input = global_average_pool_backward: 6x1x1 -> 6x7x5
            step.global_average_pool_backward(MAP_6X1X1.at(2320), MAP_6X7X5.at(0), None);
            // d_output.again.input = d_output: 6x7x5 -> 6x7x5
            step.d_output("again", MAP_6X7X5.at(0), Some(MAP_6X7X5.at(0)));
            // d_output.features.input = d_output: 6x7x5 -> 6x7x5
            step.d_output("features", MAP_6X7X5.at(0), Some(MAP_6X7X5.at(0)));
            // d_bn2.explain = explain: 6x7x5
            if step.explain(MAP_6X7X5.at(3888), MAP_6X7X5.at(0)) {
                return;
            }
            // d_bn2 = batch_norm_backward: 6x7x5 -> 6x7x5
            step.batch_norm_backward(
                &norm(1328, 1344, 32, 48),
                32,
                4448,
                Activation::Relu,
                MAP_6X7X5.at(3328),
                Some(MAP_6X7X5.at(3888)),
                MAP_6X7X5.at(0),
                MAP_6X7X5_HALO1.at(2320),
                Some(MAP_6X7X5.at(0)),
            );
            // d_conv2.weight = conv2d_backward_weight: 6x7x5
            step.conv2d_backward_weight(
                &CONV_6_6_3X3_P1,
                MAP_6X7X5_HALO1.at(752),
                MAP_6X7X5_HALO1.at(2320),
                464,
                None,
                Algorithm::Direct,
            );
            // d_conv2.input = conv2d_backward_input: 6x7x5 -> 6x7x5
            step.conv2d_backward_input(
                &CONV_6_6_3X3_P1,
                MAP_6X7X5_HALO1.at(2320),
                MAP_6X7X5.at(0),
                Some(MAP_6X7X5.at(0)),
                160,
                Algorithm::Direct,
            );
            // d_output.stem.input = d_output: 6x7x5 -> 6x7x5
            step.d_output("stem", MAP_6X7X5.at(0), Some(MAP_6X7X5.at(0)));
            // d_bn1 = batch_norm_backward: 6x7x5 -> 6x7x5
            step.batch_norm_backward(
                &norm(432, 448, 0, 16),
                0,
                2320,
                Activation::Relu,
                MAP_6X7X5.at(1760),
                None,
                MAP_6X7X5.at(0),
                MAP_6X7X5.at(0),
                None,
            );
            // d_conv1.weight = conv2d_backward_weight: 3x7x5
            step.conv2d_backward_weight(
                &CONV_3_6_3X3_P1,
                MAP_3X7X5_STRIDE3_HALO1.at(560),
                MAP_6X7X5.at(0),
                0,
                None,
                Algorithm::Direct,
            );
        }
        fn train_update(step: &mut seam::Step<'_, f64>) {
            // conv1 = conv2d 3x3 + statistics: 3x7x5 -> 6x7x5
            step.update_conv2d(&CONV_3_6_3X3_P1, 0, 0, None);
            // bn1 = batch_norm + relu: 6x7x5 -> 6x7x5
            step.update_vector(432, 16);
            // bn1 = batch_norm + relu: 6x7x5 -> 6x7x5
            step.update_vector(448, 16);
            // conv2 = conv2d 3x3 + statistics: 6x7x5 -> 6x7x5
            step.update_conv2d(&CONV_6_6_3X3_P1, 464, 864, Some(160));
            // bn2 = batch_norm + add + relu: 6x7x5 -> 6x7x5
            step.update_vector(1328, 16);
            // bn2 = batch_norm + add + relu: 6x7x5 -> 6x7x5
            step.update_vector(1344, 16);
            // fc = linear: 6x1x1 -> 5x1x1
            step.update_linear(&LINEAR_6_5, 1360, 2592, Some(0));
            // fc = linear: 6x1x1 -> 5x1x1
            step.update_vector(1456, 16);
        }
    }
    const CONV_3_6_3X3_P1: Conv2d = Conv2d::new(3, 6).kernel([3, 3]).padding([1, 1]);
    const CONV_6_6_3X3_P1: Conv2d = Conv2d::new(6, 6).kernel([3, 3]).padding([1, 1]);
    const LINEAR_6_5: Linear = Linear::new(6, 5);
    const MAP_3X7X5_STRIDE3_HALO1: Map = Map::new(3, 7, 5).channel_stride(3).halo(1);
    const MAP_5X1X1: Map = Map::new(5, 1, 1);
    const MAP_6X1X1: Map = Map::new(6, 1, 1);
    const MAP_6X7X5: Map = Map::new(6, 7, 5);
    const MAP_6X7X5_HALO1: Map = Map::new(6, 7, 5).halo(1);
    const fn norm(
        weight: usize,
        bias: usize,
        running_mean: usize,
        running_var: usize,
    ) -> BatchNorm {
        let (epsilon, momentum) = (0.00001, 0.1);
        BatchNorm {
            weight,
            bias,
            running_mean,
            running_var,
            epsilon,
            momentum,
        }
    }
    /// What comes out; `forward` returns the first.
    pub const OUTPUTS: &[OutputInfo] = &[
        OutputInfo::new("logits", [5, 1, 1], 0),
        OutputInfo::new("stem", [6, 7, 5], 5),
        OutputInfo::new("features", [6, 7, 5], 215),
        OutputInfo::new("again", [6, 7, 5], 425),
        OutputInfo::new("embedding", [6, 1, 1], 635),
    ];
    /// Values of the first output.
    pub const CLASSES: usize = 5;
    /// Names of the classes, if the spec has any.
    pub const CLASS_NAMES: &[&str] = &["cat", "dog", "owl", "fox", "bee"];
    /// How pictures become images.
    pub const PREPROCESSING: Preprocessing = Preprocessing {
        resize: Some(Resize::Shorter(8)),
        crop: Some([7, 5]),
        interpolation: Some(Interpolation::Bicubic),
        mean: Some(&[0.485, 0.456, 0.406]),
        std: Some(&[0.229, 0.224, 0.225]),
        ..Preprocessing::NONE
    };
    static INFO: ModelInfo = ModelInfo {
        name: "several_outputs",
        input: [3, 7, 5],
        outputs: OUTPUTS,
        class_names: CLASS_NAMES,
        preprocessing: PREPROCESSING,
        spec_hash: "",
        parameters: Table::new(
            &[
                ParameterInfo::new("conv1.weight", &[6, 3, 3, 3], Role::ConvWeight, 0),
                ParameterInfo::new("bn1.weight", &[6], Role::NormWeight, 432),
                ParameterInfo::new("bn1.bias", &[6], Role::NormBias, 448),
                ParameterInfo::new("bn1.running_mean", &[6], Role::RunningMean, 0),
                ParameterInfo::new("bn1.running_var", &[6], Role::RunningVar, 16),
                ParameterInfo::new("conv2.weight", &[6, 6, 3, 3], Role::ConvWeight, 464),
                ParameterInfo::new("bn2.weight", &[6], Role::NormWeight, 1328)
                    .init(Init::ZERO),
                ParameterInfo::new("bn2.bias", &[6], Role::NormBias, 1344),
                ParameterInfo::new("bn2.running_mean", &[6], Role::RunningMean, 32),
                ParameterInfo::new("bn2.running_var", &[6], Role::RunningVar, 48),
                ParameterInfo::new("fc.weight", &[5, 6], Role::LinearWeight, 1360),
                ParameterInfo::new("fc.bias", &[5], Role::Bias, 1456),
            ],
        ),
        parameter_count: 545,
        macs: 17040,
        layers: Table::new(
            &[
                LayerInfo::new(
                    "conv1",
                    "conv2d 3x3 + batch_norm + relu",
                    [3, 7, 5],
                    [6, 7, 5],
                    174,
                    5670,
                    "direct",
                ),
                LayerInfo::new(
                    "conv2",
                    "conv2d 3x3 + batch_norm + add + relu",
                    [6, 7, 5],
                    [6, 7, 5],
                    336,
                    11340,
                    "direct",
                ),
                LayerInfo::new(
                    "avgpool",
                    "global_average_pool",
                    [6, 7, 5],
                    [6, 1, 1],
                    0,
                    0,
                    "",
                ),
                LayerInfo::new("fc", "linear", [6, 1, 1], [5, 1, 1], 35, 30, ""),
            ],
        ),
        sizes: Sizes {
            master: 1472,
            trained: 1472,
            running: 64,
            packed: 2880,
            workspace: 0,
            training_workspace: 0,
            packed_forward: 2784,
            packed_backward: 1888,
            saved: 64,
        },
        inference_plan: PlanInfo {
            peak: 1568,
            lower_bound: 1568,
            logical_lower_bound: 420,
        },
        training_plan: PlanInfo {
            peak: 4480,
            lower_bound: 4480,
            logical_lower_bound: 1397,
        },
        trainable: true,
        explained: Some([6, 7, 5]),
        max_batch: None,
    };
}
