"""Makes augment.safetensors: what Pillow makes of a picture, operation by
operation as timm's RandAugment calls it. Needs Pillow, numpy and safetensors."""

import pathlib

import numpy
from PIL import Image, ImageEnhance, ImageOps
from safetensors.numpy import save_file

rows, columns = numpy.mgrid[0:20, 0:30]
planes = [(rows * 7 + columns * 5) % 190 + 30, rows * columns % 256, (rows - columns) ** 2 % 201]
colour = Image.fromarray(numpy.stack(planes, axis=2).astype(numpy.uint8))
tensors = {}
for name, picture in {"colour": colour, "grey": colour.convert("L")}.items():
    fill = (9, 9, 9) if name == "colour" else 9

    def moved(matrix):
        return picture.transform(
            picture.size, Image.AFFINE, matrix, resample=Image.BILINEAR, fillcolor=fill
        )

    made = {
        "": picture,
        "auto_contrast": ImageOps.autocontrast(picture),
        "equalize": ImageOps.equalize(picture),
        "posterize": ImageOps.posterize(picture, 3),
        "solarize": ImageOps.solarize(picture, 100),
        "solarize_add": picture.point(
            [min(255, i + 99) if i < 128 else i for i in range(256)] * len(picture.getbands())
        ),
        "rotate": picture.rotate(25, resample=Image.BILINEAR, fillcolor=fill),
        "shear": moved((1, 0.3, 0, 0, 1, 0)),
        "translate": moved((1, 0, 0, 0, 1, -4.5)),
    }
    for factor in [0.1, 0.7, 1.9]:
        for kind in ["Brightness", "Contrast", "Color", "Sharpness"]:
            enhance = getattr(ImageEnhance, kind)(picture).enhance
            made[f"{kind.lower()}.{factor}"] = enhance(factor)
    for key, made_picture in made.items():
        array = numpy.asarray(made_picture)
        full = f"{name}.{key}" if key else name
        tensors[full] = numpy.ascontiguousarray(array.reshape(array.shape[:2] + (-1,)))
save_file(tensors, pathlib.Path(__file__).parent / "augment.safetensors")
