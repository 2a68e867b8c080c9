"""Similarity of layers in plain NumPy, term by term as the papers print it, sharing nothing with the platform.

usage: cka_reference.py STATES.json      {"states": [L+1][B*T][D], "batch": B, "tokenRows": [...]} → one JSON object

Kornblith et al. 2019 (arXiv 1905.00414): HSIC(K, L) = tr(K H L H) / (n-1)^2; RBF with sigma = 0.8 of the median distance of two examples.
Song et al. 2012 (JMLR 13), K and L with zero diagonals:
    HSIC_u = [tr(K L) + (1'K1)(1'L1)/((n-1)(n-2)) - 2/(n-2) 1'KL1] / (n(n-3))
The published analysis puts centred K and L, with their diagonals, into the second formula, batch by batch of 16 samples, and sums.
"""
import json
import sys

import numpy as np

with open(sys.argv[1]) as file:
    given = json.load(file)
states = np.array(given["states"])  # [L+1, B*T, D]
batch = given["batch"]
rows = given["tokenRows"]


def linear(x):
    return x @ x.T


def rbf(x):
    squares = ((x[:, None, :] - x[None, :, :]) ** 2).sum(-1)
    sigma = 0.8 * np.median(np.sqrt(squares)[np.triu_indices(len(x), 1)])
    return np.exp(-squares / (2 * sigma**2))


def centre(k):
    h = np.eye(len(k)) - np.ones_like(k) / len(k)
    return h @ k @ h


def biased(k, l):
    return np.trace(centre(k) @ centre(l)) / (len(k) - 1) ** 2


def song(k, l):
    n, one = len(k), np.ones(len(k))
    last = 2 / (n - 2) * (one @ k @ l @ one)
    return (np.trace(k @ l) + (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2)) - last) / (n * (n - 3))


def unbiased(k, l):
    return song(k - np.diag(np.diag(k)), l - np.diag(np.diag(l)))


def minibatch(k, l):
    blocks = [slice(first, first + 16) for first in range(0, len(k) - 3, 16)]
    return sum(song(centre(k[b, b]), centre(l[b, b])) for b in blocks)


def cka(kernels, hsic):
    values = [[hsic(k, l) for l in kernels] for k in kernels]
    return [[value / np.sqrt(values[i][i] * values[j][j]) for j, value in enumerate(line)] for i, line in enumerate(values)]


def cosine(a, b):
    return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


outputs = {"tokens": [state[rows] for state in states[1:]], "samples": [state.reshape(batch, -1) for state in states[1:]]}
result = {}
for name, layers in outputs.items():
    for kernel in (linear, rbf):
        kernels = [kernel(x) for x in layers]
        for hsic in (biased, unbiased):
            result[f"{name} {kernel.__name__} {hsic.__name__}"] = cka(kernels, hsic)
result["samples linear minibatch"] = cka([linear(x) for x in outputs["samples"]], minibatch)
last = states.reshape(len(states), batch, -1, states.shape[-1])[:, :, -1]
json.dump(
    {
        "cka": result,
        "cosine": [[float(cosine(a[rows], b[rows]).mean()) for b in states] for a in states],
        "angular": [[float(np.arccos(cosine(a, b).clip(-1, 1)).mean() / np.pi) for b in last] for a in last],
        "blockInfluence": [float(1 - cosine(a, b).mean()) for a, b in zip(states, states[1:])],
    },
    sys.stdout,
)
