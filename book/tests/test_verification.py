"""The measures of verification: many targets at once, what is refused, people drawn anew."""

import numpy as np
import pytest
from lib import verification
from lib.triplets import l2_normalise


def test_many_targets_at_once():
    rng = np.random.default_rng(1)
    same, different = rng.uniform(0, 2, size=30), rng.uniform(0, 4, size=50)
    targets = np.array([[0, 0.01, 0.02], [0.5, 0.999, 1]])
    found = verification.threshold_at_far(different, targets)
    assert found.shape == targets.shape and found[1, 2] == np.inf
    rates = verification.val_at_far(same, different, targets)
    for place in np.ndindex(targets.shape):
        assert found[place] == verification.threshold_at_far(different, targets[place])
        assert rates[place] == verification.val_at_far(same, different, targets[place])
    assert np.ndim(verification.threshold_at_far(different, 0.1)) == 0


def test_rates_of_nothing_are_refused():
    with pytest.raises(ValueError, match="no pairs of one person"):
        verification.val(np.array([]), 1.0)
    with pytest.raises(ValueError, match="no pairs of different people"):
        verification.far(np.array([]), 1.0)
    with pytest.raises(ValueError, match="never negative"):
        verification.threshold_at_far(np.arange(9), [0.1, -0.1])


def sets_of_people(seed: int, names: list):
    rng = np.random.default_rng(seed)
    return l2_normalise(rng.normal(size=(len(names), 4))), np.array(names)


def test_resamples_hold_whole_people_and_no_picture_beside_itself():
    E, names = sets_of_people(2, ["b", "a", "b", "c", "a", "b", "d"])
    albums = {"a": 2, "b": 3, "c": 1, "d": 1}
    original = verification.pairs(E, names)
    smallest = min(original.same.min(), original.different.min())
    sizes = set()

    def look(same, different):
        assert min(same.min(), different.min()) > 0.999 * smallest > 0
        assert np.isin(same.round(9), original.same.round(9)).all()
        assert np.isin(different.round(9), original.different.round(9)).all()
        sizes.add((len(same), len(different)))
        return len(same), len(different)

    draws = np.random.default_rng(3)
    found = verification.bootstrap_people(E, names, look, draws, 60)
    assert found.shape == (60, 2) and len(sizes) > 5

    # The same draws by hand: a person drawn k times weighs k, two people the product.
    draws = np.random.default_rng(3)
    expected = []
    while len(expected) < 60:
        k = np.bincount(draws.integers(4, size=4), minlength=4)
        P = np.array(list(albums.values()))
        same = (k * P * (P - 1) // 2).sum()
        different = sum(k[i] * k[j] * P[i] * P[j] for i in range(4) for j in range(i))
        if same and different:
            expected.append((same, different))
    assert found.tolist() == np.array(expected).tolist()


def test_the_bootstrap_finds_the_error_of_a_mean_over_people():
    # One pair for each person: VAL is a mean of independent numbers, whose error is known.
    rng = np.random.default_rng(4)
    apart = np.repeat([0.1, 1.0], [60, 40])[rng.permutation(100)]
    angles = np.stack([np.zeros(100), apart], axis=1).ravel()
    E = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    names = np.repeat(np.arange(100), 2)
    vals = verification.bootstrap_people(
        E, names, lambda same, different: verification.val(same, 0.5), rng, 2000
    )
    assert vals.mean() == pytest.approx(0.6, abs=0.01)
    assert vals.std() == pytest.approx(np.sqrt(0.6 * 0.4 / 100), rel=0.08)


@pytest.mark.parametrize("names", [["a", "a", "a"], ["a", "b", "c"], ["a", "a", "b"]])
def test_one_person_cannot_be_drawn_anew(names):
    with pytest.raises(ValueError, match="two people with two pictures"):
        verification.bootstrap_people(*sets_of_people(5, names), np.mean, np.random.default_rng(6))
