/// The residual network `smallest`: images of 3x8x8 to `logits` of 10x1x1,
/// 15322 parameters, 257344 multiply-adds an image.
///
/// ```text
/// ●   input                  input                                 3x8x8
/// ●   conv1                  conv2d 3x3 + batch_norm + relu        16x8x8
/// ├─╮
/// ● │ layer1.0.conv1         conv2d 3x3 / 2 + batch_norm + relu    32x4x4
/// │ ● layer1.0.downsample.0  conv2d 1x1 / 2 + batch_norm           32x4x4
/// ├─╯
/// ●   layer1.0.conv2         conv2d 3x3 + batch_norm + add + relu  32x4x4
/// ●   avgpool                global_average_pool                   32x1x1
/// ●   fc                     linear                                10x1x1
/// ●   output                 output                                10x1x1
/// ```
///
/// | layer | op | input | output | parameters | MACs |
/// | --- | --- | --- | --- | ---: | ---: |
/// | conv1 | conv2d 3x3 + batch_norm + relu | 3x8x8 | 16x8x8 | 464 | 27648 |
/// | layer1.0.conv1 | conv2d 3x3 / 2 + batch_norm + relu | 16x8x8 | 32x4x4 | 4672 | 73728 |
/// | layer1.0.downsample.0 | conv2d 1x1 / 2 + batch_norm | 16x8x8 | 32x4x4 | 576 | 8192 |
/// | layer1.0.conv2 | conv2d 3x3 + batch_norm + add + relu | 32x4x4 | 32x4x4 | 9280 | 147456 |
/// | avgpool | global_average_pool | 32x4x4 | 32x1x1 | 0 | 0 |
/// | fc | linear | 32x1x1 | 10x1x1 | 330 | 320 |
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    clippy::all,
    clippy::pedantic,
    reason = "emitted code: no user needs all of it, and nobody edits it"
)]
mod smallest {
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
        type Element = f32;
        const INFO: &'static ModelInfo = &INFO;
        fn pack(pack: &mut seam::Pack<'_, f32>) {
            // conv1 = conv2d 3x3 + batch_norm + relu: 3x8x8 -> 16x8x8
            pack.conv2d(&CONV_3_16_3X3_P1, 0, None, Some(&norm(432, 448, 0, 16)), 0);
            // layer1.0.conv1 = conv2d 3x3 + batch_norm + relu: 16x8x8 -> 32x4x4
            pack.conv2d(
                &CONV_16_32_3X3_S2_P1,
                464,
                None,
                Some(&norm(5072, 5104, 32, 64)),
                896,
            );
            // layer1.0.downsample.0 = conv2d 1x1 + batch_norm: 16x8x8 -> 32x4x4
            pack.conv2d(
                &CONV_16_32_1X1_S2,
                14416,
                None,
                Some(&norm(14928, 14960, 160, 192)),
                5536,
            );
            // layer1.0.conv2 = conv2d 3x3 + batch_norm + add + relu: 32x4x4 -> 32x4x4
            pack.conv2d_winograd2(
                &CONV_32_32_3X3_P1,
                5136,
                None,
                Some(&norm(14352, 14384, 96, 128)),
                6080,
            );
            // fc = linear: 32x1x1 -> 10x1x1
            pack.linear(&LINEAR_32_10, 14992, Some(15504), 22496);
        }
        fn forward(run: &mut seam::Forward<'_, f32>) {
            // input: 3x8x8
            run.input(MAP_3X8X8_STRIDE3_HALO1.at(1600));
            // conv1 = conv2d 3x3 + batch_norm + relu: 3x8x8 -> 16x8x8
            run.conv2d(
                &CONV_3_16_3X3_P1,
                MAP_3X8X8_STRIDE3_HALO1.at(1600),
                MAP_16X8X8_HALO1.at(0),
                None,
                Activation::Relu,
                0,
            );
            // layer1.0.conv1 = conv2d 3x3 + batch_norm + relu: 16x8x8 -> 32x4x4
            run.conv2d(
                &CONV_16_32_3X3_S2_P1,
                MAP_16X8X8_HALO1.at(0),
                MAP_32X4X4_HALO1.at(1600),
                None,
                Activation::Relu,
                896,
            );
            // layer1.0.downsample.0 = conv2d 1x1 + batch_norm: 16x8x8 -> 32x4x4
            run.conv2d(
                &CONV_16_32_1X1_S2,
                MAP_16X8X8_HALO1.at(0),
                MAP_32X4X4.at(2752),
                None,
                Activation::Identity,
                5536,
            );
            // layer1.0.conv2 = conv2d 3x3 + batch_norm + add + relu: 32x4x4 -> 32x4x4
            run.conv2d_winograd2(
                &CONV_32_32_3X3_P1,
                MAP_32X4X4_HALO1.at(1600),
                MAP_32X4X4.at(2752),
                Some(MAP_32X4X4.at(2752)),
                Activation::Relu,
                6080,
            );
            // avgpool = global_average_pool: 32x4x4 -> 32x1x1
            run.global_average_pool(MAP_32X4X4.at(2752), MAP_32X1X1.at(0));
            // fc = linear: 32x1x1 -> 10x1x1
            run.linear(&LINEAR_32_10, MAP_32X1X1.at(0), MAP_10X1X1.at(32), 22496);
            // output: 10x1x1
            run.output(MAP_10X1X1.at(32), 0);
        }
        fn train_forward(step: &mut seam::Step<'_, f32>) {
            // input: 3x8x8
            step.input(MAP_3X8X8_STRIDE3_HALO1.at(1024));
            // conv1 = conv2d 3x3 + statistics: 3x8x8 -> 16x8x8
            step.conv2d_statistics(
                &CONV_3_16_3X3_P1,
                MAP_3X8X8_STRIDE3_HALO1.at(1024),
                MAP_16X8X8.at(2928),
                0,
                0,
                0,
                0.00001,
                Algorithm::Direct,
            );
            // bn1 = batch_norm + relu: 16x8x8 -> 16x8x8
            step.batch_norm(
                &norm(432, 448, 0, 16),
                0,
                MAP_16X8X8.at(2928),
                None,
                MAP_16X8X8_HALO1.at(1328),
                Activation::Relu,
            );
            // layer1.0.conv1 = conv2d 3x3 + statistics: 16x8x8 -> 32x4x4
            step.conv2d_statistics(
                &CONV_16_32_3X3_S2_P1,
                MAP_16X8X8_HALO1.at(1328),
                MAP_32X4X4.at(6256),
                864,
                32,
                0,
                0.00001,
                Algorithm::Direct,
            );
            // layer1.0.bn1 = batch_norm + relu: 32x4x4 -> 32x4x4
            step.batch_norm(
                &norm(5072, 5104, 32, 64),
                32,
                MAP_32X4X4.at(6256),
                None,
                MAP_32X4X4_HALO1.at(5104),
                Activation::Relu,
            );
            // layer1.0.conv2 = conv2d 3x3 + statistics: 32x4x4 -> 32x4x4
            step.conv2d_statistics(
                &CONV_32_32_3X3_P1,
                MAP_32X4X4_HALO1.at(5104),
                MAP_32X4X4.at(512),
                5472,
                160,
                0,
                0.00001,
                Algorithm::Winograd4,
            );
            // layer1.0.downsample.0 = conv2d 1x1 + statistics: 16x8x8 -> 32x4x4
            step.conv2d_statistics(
                &CONV_16_32_1X1_S2,
                MAP_16X8X8_HALO1.at(1328),
                MAP_32X4X4.at(0),
                14688,
                96,
                3952,
                0.00001,
                Algorithm::Direct,
            );
            // layer1.0.downsample.1 = batch_norm: 32x4x4 -> 32x4x4
            step.batch_norm(
                &norm(14928, 14960, 160, 192),
                96,
                MAP_32X4X4.at(0),
                None,
                MAP_32X4X4.at(7280),
                Activation::Identity,
            );
            // layer1.0.bn2 = batch_norm + add + relu: 32x4x4 -> 32x4x4
            step.batch_norm(
                &norm(14352, 14384, 96, 128),
                160,
                MAP_32X4X4.at(512),
                Some(MAP_32X4X4.at(7280)),
                MAP_32X4X4.at(7280),
                Activation::Relu,
            );
            // avgpool = global_average_pool: 32x4x4 -> 32x1x1
            step.global_average_pool(MAP_32X4X4.at(7280), MAP_32X1X1.at(3952));
            // fc = linear: 32x1x1 -> 10x1x1
            step.linear(
                &LINEAR_32_10,
                MAP_32X1X1.at(3952),
                MAP_10X1X1.at(3984),
                Some(15504),
                15200,
            );
            // output: 10x1x1
            step.output(MAP_10X1X1.at(3984), 0);
        }
        fn train_backward(step: &mut seam::Step<'_, f32>) {
            // d_output.input = d_output: 10x1x1
            step.d_output("logits", MAP_10X1X1.at(3984), None);
            // d_fc.weight = linear_backward_weight: 32x1x1
            step.linear_backward_weight(
                &LINEAR_32_10,
                MAP_32X1X1.at(3952),
                MAP_10X1X1.at(3984),
                14992,
                Some(15504),
            );
            // d_fc.input = linear_backward_input: 10x1x1 -> 32x1x1
            step.linear_backward_input(
                &LINEAR_32_10,
                MAP_10X1X1.at(3984),
                MAP_32X1X1.at(3952),
                None,
                0,
            );
            // d_avgpool.input = global_average_pool_backward: 32x1x1 -> 32x4x4
            step.global_average_pool_backward(
                MAP_32X1X1.at(3952),
                MAP_32X4X4.at(6768),
                None,
            );
            // d_layer1.0.bn2.explain = explain: 32x4x4
            if step.explain(MAP_32X4X4.at(7280), MAP_32X4X4.at(6768)) {
                return;
            }
            // d_layer1.0.bn2 = batch_norm_backward: 32x4x4 -> 32x4x4
            step.batch_norm_backward(
                &norm(14352, 14384, 96, 128),
                160,
                7792,
                Activation::Relu,
                MAP_32X4X4.at(512),
                Some(MAP_32X4X4.at(7280)),
                MAP_32X4X4.at(6768),
                MAP_32X4X4_HALO1.at(3952),
                Some(MAP_32X4X4.at(6768)),
            );
            // d_layer1.0.downsample.1 = batch_norm_backward: 32x4x4 -> 32x4x4
            step.batch_norm_backward(
                &norm(14928, 14960, 160, 192),
                96,
                512,
                Activation::Identity,
                MAP_32X4X4.at(0),
                None,
                MAP_32X4X4.at(6768),
                MAP_32X4X4.at(6768),
                None,
            );
            // d_layer1.0.downsample.0.weight = conv2d_backward_weight: 16x8x8
            step.conv2d_backward_weight(
                &CONV_16_32_1X1_S2,
                MAP_16X8X8_HALO1.at(1328),
                MAP_32X4X4.at(6768),
                14416,
                None,
                Algorithm::Direct,
            );
            // d_layer1.0.downsample.0.input = conv2d_backward_input: 32x4x4 -> 16x8x8
            step.conv2d_backward_input(
                &CONV_16_32_1X1_S2,
                MAP_32X4X4.at(6768),
                MAP_16X8X8.at(0),
                None,
                320,
                Algorithm::Direct,
            );
            // d_layer1.0.conv2.weight = conv2d_backward_weight: 32x4x4
            step.conv2d_backward_weight(
                &CONV_32_32_3X3_P1,
                MAP_32X4X4_HALO1.at(5104),
                MAP_32X4X4_HALO1.at(3952),
                5136,
                None,
                Algorithm::Winograd4,
            );
            // d_layer1.0.conv2.input = conv2d_backward_input: 32x4x4 -> 32x4x4
            step.conv2d_backward_input(
                &CONV_32_32_3X3_P1,
                MAP_32X4X4_HALO1.at(3952),
                MAP_32X4X4.at(6768),
                None,
                1344,
                Algorithm::Winograd4,
            );
            // d_layer1.0.bn1 = batch_norm_backward: 32x4x4 -> 32x4x4
            step.batch_norm_backward(
                &norm(5072, 5104, 32, 64),
                32,
                7280,
                Activation::Relu,
                MAP_32X4X4.at(6256),
                None,
                MAP_32X4X4.at(6768),
                MAP_32X4X4_HALO1.at(3952),
                None,
            );
            // d_layer1.0.conv1.weight = conv2d_backward_weight: 16x8x8
            step.conv2d_backward_weight(
                &CONV_16_32_3X3_S2_P1,
                MAP_16X8X8_HALO1.at(1328),
                MAP_32X4X4_HALO1.at(3952),
                464,
                None,
                Algorithm::Direct,
            );
            // d_layer1.0.conv1.input = conv2d_backward_input: 32x4x4 -> 16x8x8
            step.conv2d_backward_input(
                &CONV_16_32_3X3_S2_P1,
                MAP_32X4X4_HALO1.at(3952),
                MAP_16X8X8.at(0),
                Some(MAP_16X8X8.at(0)),
                10560,
                Algorithm::Direct,
            );
            // d_bn1 = batch_norm_backward: 16x8x8 -> 16x8x8
            step.batch_norm_backward(
                &norm(432, 448, 0, 16),
                0,
                3952,
                Activation::Relu,
                MAP_16X8X8.at(2928),
                None,
                MAP_16X8X8.at(0),
                MAP_16X8X8.at(0),
                None,
            );
            // d_conv1.weight = conv2d_backward_weight: 3x8x8
            step.conv2d_backward_weight(
                &CONV_3_16_3X3_P1,
                MAP_3X8X8_STRIDE3_HALO1.at(1024),
                MAP_16X8X8.at(0),
                0,
                None,
                Algorithm::Direct,
            );
        }
        fn train_update(step: &mut seam::Step<'_, f32>) {
            // conv1 = conv2d 3x3 + statistics: 3x8x8 -> 16x8x8
            step.update_conv2d(&CONV_3_16_3X3_P1, 0, 0, None);
            // bn1 = batch_norm + relu: 16x8x8 -> 16x8x8
            step.update_vector(432, 16);
            // bn1 = batch_norm + relu: 16x8x8 -> 16x8x8
            step.update_vector(448, 16);
            // layer1.0.conv1 = conv2d 3x3 + statistics: 16x8x8 -> 32x4x4
            step.update_conv2d(&CONV_16_32_3X3_S2_P1, 464, 864, Some(10560));
            // layer1.0.bn1 = batch_norm + relu: 32x4x4 -> 32x4x4
            step.update_vector(5072, 32);
            // layer1.0.bn1 = batch_norm + relu: 32x4x4 -> 32x4x4
            step.update_vector(5104, 32);
            // layer1.0.conv2 = conv2d 3x3 + statistics: 32x4x4 -> 32x4x4
            step.update_conv2d(&CONV_32_32_3X3_P1, 5136, 5472, Some(1344));
            // layer1.0.downsample.0 = conv2d 1x1 + statistics: 16x8x8 -> 32x4x4
            step.update_conv2d(&CONV_16_32_1X1_S2, 14416, 14688, Some(320));
            // layer1.0.downsample.1 = batch_norm: 32x4x4 -> 32x4x4
            step.update_vector(14928, 32);
            // layer1.0.downsample.1 = batch_norm: 32x4x4 -> 32x4x4
            step.update_vector(14960, 32);
            // layer1.0.bn2 = batch_norm + add + relu: 32x4x4 -> 32x4x4
            step.update_vector(14352, 32);
            // layer1.0.bn2 = batch_norm + add + relu: 32x4x4 -> 32x4x4
            step.update_vector(14384, 32);
            // fc = linear: 32x1x1 -> 10x1x1
            step.update_linear(&LINEAR_32_10, 14992, 15200, Some(0));
            // fc = linear: 32x1x1 -> 10x1x1
            step.update_vector(15504, 16);
        }
    }
    const CONV_16_32_1X1_S2: Conv2d = Conv2d::new(16, 32).kernel([1, 1]).stride([2, 2]);
    const CONV_16_32_3X3_S2_P1: Conv2d = Conv2d::new(16, 32)
        .kernel([3, 3])
        .stride([2, 2])
        .padding([1, 1]);
    const CONV_32_32_3X3_P1: Conv2d = Conv2d::new(32, 32).kernel([3, 3]).padding([1, 1]);
    const CONV_3_16_3X3_P1: Conv2d = Conv2d::new(3, 16).kernel([3, 3]).padding([1, 1]);
    const LINEAR_32_10: Linear = Linear::new(32, 10);
    const MAP_10X1X1: Map = Map::new(10, 1, 1);
    const MAP_16X8X8: Map = Map::new(16, 8, 8);
    const MAP_16X8X8_HALO1: Map = Map::new(16, 8, 8).halo(1);
    const MAP_32X1X1: Map = Map::new(32, 1, 1);
    const MAP_32X4X4: Map = Map::new(32, 4, 4);
    const MAP_32X4X4_HALO1: Map = Map::new(32, 4, 4).halo(1);
    const MAP_3X8X8_STRIDE3_HALO1: Map = Map::new(3, 8, 8).channel_stride(3).halo(1);
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
    pub const OUTPUTS: &[OutputInfo] = &[OutputInfo::new("logits", [10, 1, 1], 0)];
    /// Values of the first output.
    pub const CLASSES: usize = 10;
    /// Names of the classes, if the spec has any.
    pub const CLASS_NAMES: &[&str] = &[];
    /// How pictures become images.
    pub const PREPROCESSING: Preprocessing = Preprocessing::NONE;
    static INFO: ModelInfo = ModelInfo {
        name: "smallest",
        input: [3, 8, 8],
        outputs: OUTPUTS,
        class_names: CLASS_NAMES,
        preprocessing: PREPROCESSING,
        spec_hash: "060068df484281cc5bc1fb037d6b2a155ce7a55e782d73308b80986539d65bb3",
        parameters: Table::new(
            &[
                ParameterInfo::new("conv1.weight", &[16, 3, 3, 3], Role::ConvWeight, 0),
                ParameterInfo::new("bn1.weight", &[16], Role::NormWeight, 432),
                ParameterInfo::new("bn1.bias", &[16], Role::NormBias, 448),
                ParameterInfo::new("bn1.running_mean", &[16], Role::RunningMean, 0),
                ParameterInfo::new("bn1.running_var", &[16], Role::RunningVar, 16),
                ParameterInfo::new(
                    "layer1.0.conv1.weight",
                    &[32, 16, 3, 3],
                    Role::ConvWeight,
                    464,
                ),
                ParameterInfo::new("layer1.0.bn1.weight", &[32], Role::NormWeight, 5072),
                ParameterInfo::new("layer1.0.bn1.bias", &[32], Role::NormBias, 5104),
                ParameterInfo::new(
                    "layer1.0.bn1.running_mean",
                    &[32],
                    Role::RunningMean,
                    32,
                ),
                ParameterInfo::new(
                    "layer1.0.bn1.running_var",
                    &[32],
                    Role::RunningVar,
                    64,
                ),
                ParameterInfo::new(
                    "layer1.0.conv2.weight",
                    &[32, 32, 3, 3],
                    Role::ConvWeight,
                    5136,
                ),
                ParameterInfo::new(
                    "layer1.0.bn2.weight",
                    &[32],
                    Role::NormWeight,
                    14352,
                ),
                ParameterInfo::new("layer1.0.bn2.bias", &[32], Role::NormBias, 14384),
                ParameterInfo::new(
                    "layer1.0.bn2.running_mean",
                    &[32],
                    Role::RunningMean,
                    96,
                ),
                ParameterInfo::new(
                    "layer1.0.bn2.running_var",
                    &[32],
                    Role::RunningVar,
                    128,
                ),
                ParameterInfo::new(
                    "layer1.0.downsample.0.weight",
                    &[32, 16, 1, 1],
                    Role::ConvWeight,
                    14416,
                ),
                ParameterInfo::new(
                    "layer1.0.downsample.1.weight",
                    &[32],
                    Role::NormWeight,
                    14928,
                ),
                ParameterInfo::new(
                    "layer1.0.downsample.1.bias",
                    &[32],
                    Role::NormBias,
                    14960,
                ),
                ParameterInfo::new(
                    "layer1.0.downsample.1.running_mean",
                    &[32],
                    Role::RunningMean,
                    160,
                ),
                ParameterInfo::new(
                    "layer1.0.downsample.1.running_var",
                    &[32],
                    Role::RunningVar,
                    192,
                ),
                ParameterInfo::new("fc.weight", &[10, 32], Role::LinearWeight, 14992),
                ParameterInfo::new("fc.bias", &[10], Role::Bias, 15504),
            ],
        ),
        parameter_count: 15322,
        macs: 257344,
        layers: Table::new(
            &[
                LayerInfo::new(
                    "conv1",
                    "conv2d 3x3 + batch_norm + relu",
                    [3, 8, 8],
                    [16, 8, 8],
                    464,
                    27648,
                    "direct",
                ),
                LayerInfo::new(
                    "layer1.0.conv1",
                    "conv2d 3x3 + batch_norm + relu",
                    [16, 8, 8],
                    [32, 4, 4],
                    4672,
                    73728,
                    "direct",
                ),
                LayerInfo::new(
                    "layer1.0.downsample.0",
                    "conv2d 1x1 + batch_norm",
                    [16, 8, 8],
                    [32, 4, 4],
                    576,
                    8192,
                    "direct",
                ),
                LayerInfo::new(
                    "layer1.0.conv2",
                    "conv2d 3x3 + batch_norm + add + relu",
                    [32, 4, 4],
                    [32, 4, 4],
                    9280,
                    147456,
                    "winograd F(2x2, 3x3)",
                ),
                LayerInfo::new(
                    "avgpool",
                    "global_average_pool",
                    [32, 4, 4],
                    [32, 1, 1],
                    0,
                    0,
                    "",
                ),
                LayerInfo::new("fc", "linear", [32, 1, 1], [10, 1, 1], 330, 320, ""),
            ],
        ),
        sizes: Sizes {
            master: 15520,
            trained: 15520,
            running: 224,
            packed: 23552,
            workspace: 57856,
            training_workspace: 186048,
            packed_forward: 16224,
            packed_backward: 19776,
            saved: 224,
        },
        inference_plan: PlanInfo {
            peak: 3264,
            lower_bound: 3264,
            logical_lower_bound: 2048,
        },
        training_plan: PlanInfo {
            peak: 7856,
            lower_bound: 7856,
            logical_lower_bound: 5888,
        },
        trainable: true,
        explained: Some([32, 4, 4]),
        max_batch: None,
    };
}
