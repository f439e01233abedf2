"""Parameters and multiply-adds from a list of layers, and the networks of two papers as such lists.

Shapes are (rows, columns, channels), of the input of one picture. A *multiply-add* is a product
added to a sum; products with the zeros of a padding are counted, as papers do. FaceNet's FLOPS are
these and one addition for each use of a bias; the ResNet paper's FLOPs are multiply-adds alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Shape = tuple[int, int, int]


class Count(NamedTuple):
    """What a layer gives out, holds, and does to one picture."""

    shape: Shape  # of its output
    parameters: int = 0
    multiply_adds: int = 0
    bias_adds: int = 0  # none with batch norm, whose shift joins the sum

    @property
    def flops(self) -> int:
        """What FaceNet's tables call FLOPS."""
        return self.multiply_adds + self.bias_adds


def output_size(n: int, kernel: int, stride: int = 1, padding: int | None = None) -> int:
    """How many windows of `kernel` pixels fit, `stride` apart, into n pixels, padded on both sides.

    By default an odd kernel is padded by (kernel − 1) / 2, which gives n / stride, rounded up.
    Raises ValueError if none fits.
    """
    padding = (kernel - 1) // 2 if padding is None else padding
    if n + 2 * padding < kernel:
        raise ValueError(f"a window of {kernel} does not fit into {n} pixels padded by {padding}")
    return (n + 2 * padding - kernel) // stride + 1


@dataclass(frozen=True)
class Conv:
    """A square convolution with a bias; with `norm`, batch normalisation instead of the bias."""

    kernel: int
    outputs: int
    stride: int = 1
    padding: int | None = None
    groups: int = 1
    norm: bool = False

    def count(self, shape: Shape) -> Count:
        """Raises ValueError if the groups do not divide the channels on both sides."""
        *size, channels = shape
        if channels % self.groups or self.outputs % self.groups:
            raise ValueError(f"{self.groups} groups do not divide {channels} and {self.outputs}")
        rows, columns = (output_size(n, self.kernel, self.stride, self.padding) for n in size)
        weights = self.kernel**2 * (channels // self.groups) * self.outputs
        return Count(
            (rows, columns, self.outputs),
            weights + (2 if self.norm else 1) * self.outputs,  # scale and shift, or a bias
            rows * columns * weights,
            0 if self.norm else rows * columns * self.outputs,
        )


@dataclass(frozen=True)
class Pool:
    """A maximum, a mean or an L2 norm over windows, or over everything: no parameters."""

    kernel: int | None = None
    stride: int = 1
    padding: int | None = None

    def count(self, shape: Shape) -> Count:
        """An output of (1, 1, channels) without a kernel; multiply-adds are not counted."""
        *size, channels = shape
        if self.kernel is None:
            return Count((1, 1, channels))
        rows, columns = (output_size(n, self.kernel, self.stride, self.padding) for n in size)
        return Count((rows, columns, channels))


@dataclass(frozen=True)
class Dense:
    """All inputs to all outputs, with a bias; each output is the largest of `maxout` pieces."""

    outputs: int
    maxout: int = 1

    def count(self, shape: Shape) -> Count:
        """Of an input of any shape, taken as one row of numbers."""
        inputs, pieces = shape[0] * shape[1] * shape[2], self.maxout * self.outputs
        return Count((1, 1, self.outputs), (inputs + 1) * pieces, inputs * pieces, pieces)


@dataclass(frozen=True)
class Chain:
    """Layers one after the other."""

    layers: Sequence["Layer"]

    def count(self, shape: Shape) -> Count:
        """An empty chain is the identity."""
        counts = [Count(shape)]
        for layer in self.layers:
            counts.append(layer.count(counts[-1].shape))
        return total(counts)


@dataclass(frozen=True)
class Branches:
    """Layers side by side on one input; their channels are stacked, or with `add` summed."""

    layers: Sequence["Layer"]
    add: bool = False

    def count(self, shape: Shape) -> Count:
        """Raises ValueError if the outputs do not fit together."""
        counts = [layer.count(shape) for layer in self.layers]
        shapes = [count.shape for count in counts]
        if len({shape if self.add else shape[:2] for shape in shapes}) > 1:
            raise ValueError(f"branches that give {shapes} do not fit together")
        channels = shapes[0][2] if self.add else sum(shape[2] for shape in shapes)
        return total(counts)._replace(shape=(*shapes[0][:2], channels))


Layer = Conv | Pool | Dense | Chain | Branches


def total(counts: Iterable[Count]) -> Count:
    """The sum over layers one after the other, with the shape that the last one gives."""
    counts = list(counts)
    return Count(
        counts[-1].shape,
        sum(count.parameters for count in counts),
        sum(count.multiply_adds for count in counts),
        sum(count.bias_adds for count in counts),
    )


def count_rows(network: dict[str, Layer], shape: Shape) -> dict[str, Count]:
    """The count of each row of a network, one row after the other, for pictures of this shape."""
    counts = {}
    for name, layer in network.items():
        counts[name] = layer.count(shape)
        shape = counts[name].shape
    return counts


def convolve(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
    stride: int = 1,
    padding: int = 0,
    groups: int = 1,
) -> np.ndarray:
    """A picture (rows, columns, C_in) to (rows', columns', C_out), one product at a time.

    w: (kernel rows, kernel columns, C_in / groups, C_out), b: (C_out,). Slow; made for counting.
    """
    x = np.pad(x, [(padding, padding), (padding, padding), (0, 0)])
    high, wide, fan, C_out = w.shape
    rows = (x.shape[0] - high) // stride + 1
    columns = (x.shape[1] - wide) // stride + 1
    y = np.empty((rows, columns, C_out), dtype=x.dtype)
    for r, c, o in np.ndindex(y.shape):
        first = o // (C_out // groups) * fan  # the first channel that this output sees
        y[r, c, o] = b[o]
        for i, j, channel in np.ndindex(high, wide, fan):
            pixel = x[r * stride + i, c * stride + j, first + channel]
            y[r, c, o] += w[i, j, channel, o] * pixel
    return y


# --- the networks: NN1 and NN2 from Schroff et al. (2015), ResNets from He et al. (2016)


def nn1(maxout: int = 2) -> dict[str, Layer]:
    """Table 1, for 220×220×3: convolutions as in Zeiler and Fergus, and three dense layers.

    Normalisations, the concatenation and the scaling to length 1 count nothing and are left out.
    """
    return {
        "conv1": Conv(7, 64, stride=2),
        "pool1": Pool(3, 2),
        "conv2a": Conv(1, 64),
        "conv2": Conv(3, 192),
        "pool2": Pool(3, 2),
        "conv3a": Conv(1, 192),
        "conv3": Conv(3, 384),
        "pool3": Pool(3, 2),
        "conv4a": Conv(1, 384),
        "conv4": Conv(3, 256),
        "conv5a": Conv(1, 256),
        "conv5": Conv(3, 256),
        "conv6a": Conv(1, 256),
        "conv6": Conv(3, 256),
        "pool4": Pool(3, 2),
        "fc1": Dense(32 * 128, maxout),
        "fc2": Dense(32 * 128, maxout),
        "fc7128": Dense(128),
    }


def inception(
    one: int,
    three: tuple[int, int],
    five: tuple[int, int] | None,
    projection: int | None,
    stride: int = 1,
) -> Branches:
    """A row of Table 2: #1×1, (3×3 reduce, #3×3), (5×5 reduce, #5×5), pool projection.

    No 1×1 branch if `one` is 0, no 5×5 branch if `five` is None; the pooled channels pass as they
    are if `projection` is None. With a stride the three last branches have it.
    """
    branches: list[Layer] = [Conv(1, one)] if one else []
    for kernel, sizes in ((3, three), (5, five)):
        if sizes:
            reduced, outputs = sizes
            branches.append(Chain([Conv(1, reduced), Conv(kernel, outputs, stride)]))
    pooled: list[Layer] = [Pool(3, stride)]
    branches.append(Chain([*pooled, Conv(1, projection)] if projection else pooled))
    return Branches(branches)


def nn2() -> dict[str, Layer]:
    """Table 2, for 224×224×3 (NN3: the same for 160×160×3)."""
    return {
        "conv1": Conv(7, 64, stride=2),
        "pool1": Pool(3, 2),
        "2": Chain([Conv(1, 64), Conv(3, 192)]),
        "pool2": Pool(3, 2),
        "3a": inception(64, (96, 128), (16, 32), 32),
        "3b": inception(64, (96, 128), (32, 64), 64),
        "3c": inception(0, (128, 256), (32, 64), None, stride=2),
        "4a": inception(256, (96, 192), (32, 64), 128),
        "4b": inception(224, (112, 224), (32, 64), 128),
        "4c": inception(192, (128, 256), (32, 64), 128),
        "4d": inception(160, (144, 288), (32, 64), 128),
        "4e": inception(0, (160, 256), (64, 128), None, stride=2),
        "5a": inception(384, (192, 384), (48, 128), 128),
        "5b": inception(384, (192, 384), (48, 128), 128),
        "mean": Pool(),
        "fc": Dense(128),
    }


def resnet(
    blocks: Sequence[int] = (3, 4, 6, 3),
    *,
    stride_in_3x3: bool = False,
    width: int = 64,
    groups: int = 1,
) -> dict[str, Layer]:
    """ResNet-50 for 224×224×3 (Table 1, Section 3.4): bottlenecks with projections, 1,000 classes.

    The first block of a stage halves the size in its first 1×1 convolution, as in the paper, or
    with `stride_in_3x3` in the 3×3, as in torchvision. `blocks` (3, 4, 23, 3) and (3, 8, 36, 3)
    are ResNet-101 and -152; `width` 128 with 32 `groups` is ResNeXt-50 (32×4d).
    """
    network: dict[str, Layer] = {"conv1": Conv(7, 64, stride=2, norm=True), "pool1": Pool(3, 2)}
    for stage, number in enumerate(blocks):
        inner, outputs = width * 2**stage, 256 * 2**stage
        layers: list[Layer] = []
        for block in range(number):
            stride = 2 if stage > 0 and block == 0 else 1
            first, second = (1, stride) if stride_in_3x3 else (stride, 1)
            main = Chain(
                [
                    Conv(1, inner, first, norm=True),
                    Conv(3, inner, second, groups=groups, norm=True),
                    Conv(1, outputs, norm=True),
                ]
            )
            # The first block of a stage has new channels: its shortcut is projected, the others'
            # are what came in.
            shortcut = Conv(1, outputs, stride, norm=True) if block == 0 else Chain([])
            layers.append(Branches([main, shortcut], add=True))
        network[f"conv{stage + 2}_x"] = Chain(layers)
    return network | {"mean": Pool(), "fc": Dense(1000)}
