# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Softmax with a temperature
#
# A softmax turns each row of scores into weights that sum to 1.
# With a temperature $T$ the scores are divided by $T$ first.

# %% nbgrader={"grade_id": "given_imports"}
import numpy as np
import sympy as sp

N = sp.Symbol("N", positive=True, integer=True)

# %% [markdown]
# ## Weights
#
# `scores` is `(n, m)`, `temperature` a positive number; return the weights, `(n, m)`.


# %% nbgrader={"grade_id": "softmax", "solution": true}
def softmax(scores, temperature):
    """Weights of shape (n, m) whose rows sum to 1."""
    ### BEGIN SOLUTION
    weights = np.exp(scores / temperature)
    return weights / weights.sum(axis=1, keepdims=True)
    ### END SOLUTION


# %% nbgrader={"grade_id": "test_softmax", "points": 3}
scores = np.array([[0.0, 0.0], [0.0, np.log(3)]])
weights = softmax(scores, 1.0)
shape = np.shape(weights)
assert shape == (2, 2), f"one weight per score: expected shape (2, 2), got {shape}"
expected = [[0.5, 0.5], [0.25, 0.75]]
np.testing.assert_allclose(weights, expected, err_msg="the weights at temperature 1")
### BEGIN HIDDEN TESTS
with part(2, "any temperature"):
    for temperature in (0.5, 2.0):
        x = rng.normal(size=(4, 3))
        agree(softmax(x, temperature), reference.softmax(x, temperature), what="the weights")
with part(1, "each row sums to 1"):
    x = rng.normal(size=(3, 6))
    agree(np.sum(softmax(x, 3.0), axis=1), np.ones(3), what="the sum of each row")
### END HIDDEN TESTS

# %% [markdown]
# ## The hot limit
#
# Which entropy, in nats, do the weights of `N` scores approach as $T\to\infty$?

# %% nbgrader={"grade_id": "hot_entropy", "solution": true}
# hot_entropy = an expression in N
### BEGIN SOLUTION
hot_entropy = sp.log(N)
### END SOLUTION

# %% nbgrader={"grade_id": "test_hot_entropy", "points": 3}
kind = type(hot_entropy).__name__
assert isinstance(hot_entropy, sp.Expr), f"expected an expression in N, got {kind}"
### BEGIN HIDDEN TESTS
symbolically_equal(hot_entropy, reference.hot_entropy, what="the entropy")
### END HIDDEN TESTS

# %% [markdown]
# ## In words
#
# What happens to the weights as $T\to 0$, and why? Two or three sentences.
#
# *2 points: one for saying that all weight goes to the largest score, one for the reason.*

# %% [markdown] nbgrader={"grade_id": "text_cold", "points": 2}
# All weight goes to the largest score of its row: the ratio of two weights is the exponential of
# the difference of their scores over $T$, which grows without bound.
