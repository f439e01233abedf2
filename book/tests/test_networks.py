"""`lib.networks`: what counts is what runs, and what does not fit is refused."""

import numpy as np
import pytest
from lib.networks import (
    Branches,
    Chain,
    Conv,
    Count,
    Dense,
    Pool,
    convolve,
    count_rows,
    nn1,
    nn2,
    output_size,
    resnet,
    total,
)


@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 4])
def test_a_layer_gives_what_it_says(kernel, stride, padding):
    x, w = np.ones((5, 9, 4)), np.ones((kernel, kernel, 2, 6))
    y = convolve(x, w, np.zeros(6), stride, padding, groups=2)
    count = Conv(kernel, 6, stride, padding, groups=2).count(x.shape)
    assert count.shape == y.shape
    assert count.parameters == w.size + 6
    assert Pool(kernel, stride, padding).count(x.shape) == Count((*y.shape[:2], 4))


def test_grouped_channels_are_those_of_their_own_part():
    x = np.arange(1.0, 5.0).reshape(1, 1, 4)
    y = convolve(x, np.ones((1, 1, 2, 4)), np.zeros(4), groups=2)
    assert y.ravel().tolist() == [3, 3, 7, 7]


def test_an_empty_chain_is_the_identity():
    assert Chain([]).count((3, 4, 5)) == Count((3, 4, 5))
    count = Branches([Conv(1, 5), Chain([])], add=True).count((3, 4, 5))
    assert (count.shape, count.parameters) == ((3, 4, 5), 30)


def test_branches_are_stacked_in_channels():
    count = Branches([Conv(3, 2), Chain([Conv(1, 7), Pool(3)]), Chain([])]).count((3, 4, 5))
    assert count.shape == (3, 4, 14)
    assert count.flops == count.multiply_adds + count.bias_adds == 12 * count.parameters


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Conv(3, 4, padding=0), "a window of 3 does not fit into 2 pixels padded by 0"),
        (Conv(1, 4, groups=2), "2 groups do not divide 3 and 4"),
        (Conv(1, 4, groups=3), "3 groups do not divide 3 and 4"),
        (Branches([Conv(1, 4), Conv(3, 4, stride=2)]), "do not fit together"),
        (Branches([Conv(1, 4), Conv(1, 5)], add=True), "do not fit together"),
    ],
)
def test_what_does_not_fit_is_refused(layer, message):
    with pytest.raises(ValueError, match=message):
        layer.count((2, 5, 3))


def test_one_pixel_is_enough_for_half_padding():
    assert [output_size(1, kernel, stride) for kernel in (1, 3, 7) for stride in (1, 2)] == [1] * 6


def test_totals_of_the_networks():
    square = [(nn1(), 220), (nn2(), 224), (resnet(), 224), (resnet((3, 4, 23, 3)), 224)]
    counts = [total(count_rows(network, (side, side, 3)).values()) for network, side in square]
    assert [count.parameters for count in counts] == [
        140_025_664,
        7_456_304,
        25_557_032,
        44_549_160,
    ]
    assert [count.shape for count in counts] == [(1, 1, 128)] * 2 + [(1, 1, 1000)] * 2
    assert Dense(3, maxout=2).count((2, 2, 1)) == Count((1, 1, 3), 30, 24, 6)
