"""The networks of specs that only timm has, made by timm, by the spec's name."""

from functools import partial

from timm.layers import BatchNormAct2d, BlurPool2d, SEModule, create_conv2d
from timm.models.resnet import BasicBlock, Bottleneck, ResNet
from timm.models.resnetv2 import ResNetV2

CLASSES = 7
# timm's `ResNet` has four stages.
LAYERS = (1, 2, 1, 1)
resnet = partial(ResNet, num_classes=CLASSES)
pre_activation = partial(
    ResNetV2,
    num_classes=CLASSES,
    stem_chs=16,
    conv_layer=create_conv2d,
    norm_layer=BatchNormAct2d,
)

NETWORKS = {
    "deep_average": lambda: resnet(
        Bottleneck, LAYERS, channels=(4, 6, 4, 6), stem_width=4, stem_type="deep", avg_down=True
    ),
    "tiered_groups": lambda: resnet(
        Bottleneck,
        LAYERS,
        channels=(8, 16, 8, 12),
        stem_width=8,
        stem_type="deep_tiered",
        cardinality=4,
        base_width=16,
    ),
    "squeeze": lambda: resnet(
        BasicBlock,
        LAYERS,
        channels=(16, 24, 16, 24),
        block_args={"attn_layer": partial(SEModule, rd_ratio=1 / 2)},
    ),
    "antialiased": lambda: resnet(Bottleneck, LAYERS, channels=(8, 8, 4, 8), aa_layer=BlurPool2d),
    "pre_activation": lambda: pre_activation([1, 2], channels=(32, 64)),
    "pre_activation_basic": lambda: pre_activation(
        [1, 2],
        channels=(16, 24),
        basic=True,
        bottle_ratio=1.0,
        stem_type="deep",
        avg_down=True,
    ),
    "dilated": lambda: resnet(Bottleneck, (1, 1, 2, 2), channels=(4, 4, 4, 4), output_stride=8),
}
