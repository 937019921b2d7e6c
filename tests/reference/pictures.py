"""Makes pictures/: small PNG and JPEG files, and what Pillow and torchvision
make of them, in pictures/expected.safetensors.

    python pictures.py              writes the folder
    python pictures.py --full BIN   compares the command `preprocess` of a binary
                                    for 3x224x224 with torchvision on full-size
                                    pictures (scikit-image's), writes nothing

Needs torch, torchvision, Pillow and scikit-image. Pictures are scikit-image's,
cut down; see its licence for each.
"""

import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import skimage
from PIL import Image, ImageOps
from safetensors.numpy import load_file, save_file
from torchvision import transforms
from torchvision.transforms import InterpolationMode

HERE = pathlib.Path(__file__).resolve().parent / "pictures"
SOURCES = pathlib.Path(skimage.__file__).parent / "data"
NAMES = """astronaut.png brick.png camera.png chelsea.png chessboard_RGB.png clock_motion.png
coffee.png coins.png color.png grass.png gravel.png horse.png hubble_deep_field.jpg ihc.png
logo.png moon.png motorcycle_left.png page.png retina.jpg rocket.jpg text.png""".split()
MODES = {
    "nearest": InterpolationMode.NEAREST,
    "bilinear": InterpolationMode.BILINEAR,
    "bicubic": InterpolationMode.BICUBIC,
}


def small(name, index):
    """A part of a picture, of a size of its own."""
    picture = Image.open(SOURCES / name)
    if picture.mode not in ("L", "RGB", "RGBA"):
        picture = picture.convert("RGB")
    width, height = 50 + 7 * (index * 5 % 9), 40 + 5 * (index * 7 % 11)
    left, top = picture.width // 3, picture.height // 4
    return picture.crop((left, top, left + width, top + height)).resize(
        (width * 2 // 3, height * 2 // 3), Image.Resampling.LANCZOS
    )


def seen(path):
    return ImageOps.exif_transpose(Image.open(path))


def formats():
    """Every kind of file that is to be read."""
    picture = small("astronaut.png", 1).convert("RGB")
    grey = picture.convert("L")
    alpha = picture.copy()
    alpha.putalpha(grey)
    picture.save(HERE / "rgb.png")
    grey.save(HERE / "grey.png")
    alpha.save(HERE / "rgba.png")
    alpha.convert("LA").save(HERE / "grey_alpha.png")
    picture.quantize(23).save(HERE / "palette.png")
    picture.quantize(4).save(HERE / "palette4.png", bits=2)
    grey.point(lambda v: 255 * (v > 100)).convert("1").save(HERE / "bits.png")
    wide = np.asarray(grey, np.uint16) * 257 + 77
    Image.fromarray(np.minimum(wide, 65535).astype(np.uint16)).save(HERE / "grey16.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    picture.save(HERE / "turned.png", exif=exif)
    picture.save(HERE / "turned.jpg", exif=exif, quality=95, subsampling=0)
    picture.save(HERE / "rgb.jpg", quality=90)
    picture.save(HERE / "full_colour.jpg", quality=90, subsampling=0)
    picture.save(HERE / "progressive.jpg", quality=90, progressive=True)
    grey.save(HERE / "grey.jpg", quality=90)
    picture.convert("CMYK").save(HERE / "cmyk.jpg", quality=95)
    for index, name in enumerate(NAMES):
        # Every quality, every sampling of colours, both orders of coefficients.
        settings = {"quality": 40 + 3 * index, "subsampling": index % 3, "progressive": index % 2 == 1}
        small(name, index).convert("RGB").save(HERE / f"part{index:02}.jpg", **settings)
    for path in sorted(HERE.iterdir()):
        if path.suffix in (".png", ".jpg"):
            decoded = seen(path)
            if decoded.mode.startswith("I"):
                # Pillow clips 16-bit grey; its upper bytes are what is meant.
                decoded = Image.fromarray((np.asarray(decoded) >> 8).astype(np.uint8))
            yield path.name, np.asarray(decoded.convert("RGB"))


def transformed(picture, mode, resize, crop):
    picture = transforms.Resize(resize, MODES[mode])(picture)
    return np.asarray(transforms.CenterCrop(crop)(picture))


def make():
    HERE.mkdir(exist_ok=True)
    for path in HERE.iterdir():
        path.unlink()
    tensors = {f"decoded.{name}": pixels for name, pixels in formats()}
    for index, name in enumerate(NAMES):
        path = HERE / f"part{index:02}.png"
        small(name, index).save(path, optimize=True)
        picture = seen(path).convert("RGB")
        for mode in MODES:
            tensors[f"smaller.{mode}.{path.name}"] = transformed(picture, mode, 19, (18, 17))
        picture = seen(path.with_suffix(".jpg"))
        tensors[f"smaller.bilinear.{path.stem}.jpg"] = transformed(picture, "bilinear", 19, (18, 17))
        if index % 5 == 0:
            picture = seen(path).convert("RGB")
            for mode in MODES:
                tensors[f"larger.{mode}.{path.name}"] = transformed(picture, mode, 61, (64, 40))
    save_file({name: np.ascontiguousarray(t) for name, t in tensors.items()}, HERE / "expected.safetensors")


def full(binary):
    paths = [SOURCES / name for name in NAMES]
    preset = transforms.Compose([transforms.Resize(256), transforms.CenterCrop(224), transforms.ToTensor()])
    normalize = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    std = np.array([0.229, 0.224, 0.225], np.float32).reshape(3, 1, 1)
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "x.safetensors"
        subprocess.run([binary, "preprocess", *paths, "-o", output], check=True, stdout=subprocess.DEVNULL)
        found = load_file(output)["x"]
    worst = 0
    for path, x in zip(paths, found, strict=True):
        expected = normalize(preset(seen(path).convert("RGB"))).numpy()
        difference = np.abs((x - expected) * std).max() * 255
        worst = max(worst, difference)
        print(f"{path.name:24} {difference:.4f} / 255")
    print(f"worst {worst:.4f} / 255")
    # Rounding of the normalised values is all that is left.
    sys.exit(worst > 0.01)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--full"]:
        full(sys.argv[2])
    else:
        make()
