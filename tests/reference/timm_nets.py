"""The networks of specs that timm has: its own classes with the spec's sizes.

timm's ResNet is torchvision's with more options, and names parameters alike.
Its stem is 64 channels wide unless it is deep, so these specs have such stems.
"""

import functools

import timm.models.resnet as resnet
import timm.models.resnetv2 as resnetv2
from timm.layers import BatchNormAct2d, BlurPool2d, SEModule, create_conv2d
from torch import nn

from torch_nets import activation


def has(spec):
    """Whether a spec says something that timm is the reference of."""
    if "layers" in spec:
        return False
    block, stem = spec["block"], spec["stem"]
    return (
        stem.get("kind", "conv") != "conv"
        or block.get("shortcut") == "average_projection"
        or block.get("order") == "pre_activation"
        or any(key in block for key in ("squeeze_excitation", "antialias", "groups", "width_per_group", "drop_path"))
        or any("dilation" in stage for stage in spec["stages"])
    )


def net(spec):
    return (pre_activation if spec["block"].get("order") == "pre_activation" else post_activation)(spec)


def norm_layer(spec):
    norm = spec.get("norm", "batch")
    options = norm["batch"] if isinstance(norm, dict) else {}
    return {"eps": options.get("epsilon", 1e-5), "momentum": options.get("momentum", 0.1)}


def output_stride(spec):
    """4 after the stem, times 2 for every stage that isn't dilated instead."""
    stride = 4
    for stage in spec["stages"]:
        stride *= stage.get("stride", 1)
    return max(stride, 8)


def post_activation(spec):
    block, stem, head = spec["block"], spec["stem"], spec["head"]
    options = {}
    if se := block.get("squeeze_excitation"):
        options["attn_layer"] = functools.partial(SEModule, rd_ratio=1 / se.get("reduction", 16))
    kinds = {"conv": "", "deep": "deep", "deep_tiered": "deep_tiered"}
    act = activation(spec.get("activation", "relu"))
    return resnet.ResNet(
        {"basic": resnet.BasicBlock, "bottleneck": resnet.Bottleneck}[block["kind"]],
        [stage["blocks"] for stage in spec["stages"]],
        num_classes=head["classes"],
        in_chans=spec["input"]["channels"],
        output_stride=output_stride(spec),
        cardinality=block.get("groups", 1),
        base_width=block.get("width_per_group", 64),
        stem_width=stem.get("width", stem["channels"] // 2),
        stem_type=kinds[stem.get("kind", "conv")],
        avg_down=block["shortcut"] == "average_projection",
        channels=tuple(stage["channels"] for stage in spec["stages"]),
        act_layer=lambda inplace=False: act(),
        norm_layer=functools.partial(nn.BatchNorm2d, **norm_layer(spec)),
        aa_layer=BlurPool2d if "antialias" in block else None,
        drop_rate=head.get("dropout", 0.0),
        drop_path_rate=block.get("drop_path", 0.0),
        zero_init_last=False,
        block_args=options,
    )


def pre_activation(spec):
    block, stem, head = spec["block"], spec["stem"], spec["head"]
    basic = block["kind"] == "basic"
    return resnetv2.ResNetV2(
        [stage["blocks"] for stage in spec["stages"]],
        channels=tuple(stage["channels"] * (1 if basic else 4) for stage in spec["stages"]),
        num_classes=head["classes"],
        in_chans=spec["input"]["channels"],
        stem_chs=stem["channels"],
        stem_type={"conv": "", "deep": "deep", "deep_tiered": "tiered"}[stem.get("kind", "conv")],
        avg_down=block["shortcut"] == "average_projection",
        basic=basic,
        bottle_ratio=1.0 if basic else 0.25,
        conv_layer=create_conv2d,
        norm_layer=BatchNormAct2d,
        drop_rate=head.get("dropout", 0.0),
        drop_path_rate=block.get("drop_path", 0.0),
    )
