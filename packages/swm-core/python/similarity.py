"""How alike the outputs of the layers are: the twin of src/measure/cka.ts and similarity-collector.ts, in f64 on the device.

Letters: B batch, T tokens, D hidden, L layers, R rows.
"""

import torch

from engine_error import EngineError
from in_f64 import cosines, wide_parts

MIN_ROWS = 4
BATCH_ROWS = 16
# Of the median distance (Kornblith et al. 2019, arXiv 1905.00414).
BANDWIDTH_FRACTION = 0.8
# What is left of a Gram matrix after centring, over the whole of it, when rows differ by a millionth: by the rounding of f32 states.
ROUNDING = 1e-12


class SimilarityCollector:
    """Takes the states of one dense pass boundary by boundary; keeps Gram matrices and the states of the chosen tokens alone."""

    def __init__(self, sample_rows, token_rows):
        """Indices into B samples and into B*T tokens, chosen by the client."""
        self.sample_rows, self.token_rows = sample_rows, token_rows
        self.token_states = []  # [L+1] of [R, D]
        self.grams = {"samples": [], "tokens": []}  # [L] of [R, R]

    def add(self, state):
        """The state entering the next layer, at last the one leaving the last. [B, T, D]"""
        self.token_states.append(state.flatten(0, 1)[self.token_rows])
        if len(self.token_states) == 1:  # CKA is of the layers' outputs
            return
        self.grams["tokens"].append(linear_gram(self.token_states[-1]))
        self.grams["samples"].append(linear_gram(state.flatten(1)[self.sample_rows]))

    def finish(self):
        count = len(self.token_states)
        cosine = torch.eye(count, dtype=torch.float64)
        for a in range(count):
            for b in range(a):
                cosine[a, b] = cosine[b, a] = cosines(self.token_states[a], self.token_states[b]).mean()
        matrices = [matrix for rows in ("tokens", "samples") for matrix in cka_matrices(self.grams[rows], rows)]
        return {"cosine": cosine.tolist(), "cka": matrices}


def linear_gram(rows):
    """Inner products of the rows in f64. [R, X] → [R, R]"""
    return sum(part @ part.T for part in wide_parts(rows))


def rbf_gram(linear):
    """exp(-d² / 2σ²), σ 0.8 of the median distance between two different rows. [R, R] → [R, R]"""
    norms = linear.diagonal()
    squares = (norms[:, None] + norms[None, :] - 2 * linear).clamp(min=0).fill_diagonal_(0)
    lower = torch.tril_indices(len(linear), len(linear), -1)
    sigma = BANDWIDTH_FRACTION * squares[lower[0], lower[1]].sqrt().quantile(0.5)
    return torch.exp(-squares / (2 * sigma * sigma))


def centred(gram):
    """H K H with H = I - 11ᵀ/R."""
    means = gram.mean(1)
    return gram - means[:, None] - means[None, :] + means.mean()


def unbiased_centred(gram):
    """The U-centred matrix, whose inner products are the unbiased HSIC of Song et al. 2012 times R(R-3)."""
    count = len(gram)
    hollow = gram.clone().fill_diagonal_(0)
    sums = hollow.sum(1)
    shares = sums / (count - 2)
    return (hollow - shares[:, None] - shares[None, :] + sums.sum() / ((count - 1) * (count - 2))).fill_diagonal_(0)


def centre_all(grams, centre, rows):
    """[L] of [R, R] → [L, R*R]"""
    result = []
    for layer, gram in enumerate(grams):
        left = centre(gram)
        if not left.norm() > ROUNDING * gram.norm():
            raise EngineError("MEASURE.DEGENERATE_LAYER", f"layer {layer} is degenerate", layer=layer, rows=rows)
        result.append(left.flatten())
    return torch.stack(result)


def normalised(hsic):
    scale = hsic.diagonal().sqrt()
    return (hsic / scale[:, None] / scale[None, :]).fill_diagonal_(1)


def minibatch_cka(grams, rows):
    """The published analysis, without its truncation to whole numbers: batches of 16, a last one of fewer than 4 left out."""
    total = 0
    for first in range(0, len(grams[0]) - MIN_ROWS + 1, BATCH_ROWS):
        blocks = [gram[first : first + BATCH_ROWS, first : first + BATCH_ROWS] for gram in grams]
        left = centre_all(blocks, centred, rows)
        size = len(blocks[0])
        total = total + left @ left.T / (size * (size - 3))
    return normalised(total)


def cka_matrices(grams, rows):
    """Every form that these rows allow."""
    count = len(grams[0])
    if count < MIN_ROWS:
        return []
    matrices = []

    def add(kernel, estimator, values):
        form = {"rows": rows, "kernel": kernel, "estimator": estimator, "rowCount": count}
        matrices.append({**form, "values": values.tolist()})

    for kernel in ("linear", "rbf"):
        kernels = grams if kernel == "linear" else [rbf_gram(gram) for gram in grams]
        for estimator, centre in (("biased", centred), ("unbiased", unbiased_centred)):
            left = centre_all(kernels, centre, rows)
            add(kernel, estimator, normalised(left @ left.T))
    if rows == "samples":
        add("linear", "minibatch", minibatch_cka(grams, rows))
    return matrices
