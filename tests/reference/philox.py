"""Philox4x32-10 (Salmon et al. 2011), and the masks that a trainer draws with it."""

import numpy as np


def philox4x32(counter, key):
    """Four words for each counter: a list of four arrays, and the key's two words."""
    words, key = [np.asarray(word, np.uint64) for word in counter], list(key)
    for _ in range(10):
        first, second = words[0] * np.uint64(0xD2511F53), words[2] * np.uint64(0xCD9E8D57)
        high = [word >> np.uint64(32) for word in (first, second)]
        low = [word & np.uint64(0xFFFFFFFF) for word in (first, second)]
        words = [high[1] ^ words[1] ^ np.uint64(key[0]), low[1], high[0] ^ words[3] ^ np.uint64(key[1]), low[0]]
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return words


def dropout_mask(seed, step, stream, rate, shape):
    """What dropout multiplies `[n, c, h, w]` by; the first forward pass is step 1."""
    place = np.arange(np.prod(shape[1:], dtype=np.int64))
    image = np.arange(shape[0])[:, None]
    words = philox4x32([place // 4, image, step & 0xFFFFFFFF, stream], [seed & 0xFFFFFFFF, seed >> 32])
    draws = np.choose(place % 4, words)
    return np.where(draws >= round(rate * 2**32), 1 / (1 - rate), 0.0).reshape(shape)


def drop_path_mask(seed, step, stream, rate, images):
    """What stochastic depth multiplies each image by: its first draw decides."""
    return dropout_mask(seed, step, stream, rate, [images, 1, 1, 1])


if __name__ == "__main__":
    # Known answers of Random123.
    words = philox4x32([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0])
    assert [int(word) for word in words] == [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]
    # What the runtime's test of recorded masks expects, `x` for kept values.
    kept = lambda mask: "".join(".x"[int(value > 0)] for value in mask.flatten())
    seed = 0x0123456789ABCDEF
    assert kept(dropout_mask(seed, 3, 7, 0.5, [2, 3, 2, 3])) == "..xxx..x.xxxx.xxx.x..xxx.x.x..x.x..."
    assert kept(drop_path_mask(seed, 3, 7, 0.25, 16)) == ".x.x..xxxxxxxxxx"
