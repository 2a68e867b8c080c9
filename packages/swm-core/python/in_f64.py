"""Sums of many products, accumulated in f64.

Letters: R rows, X features.
"""

import torch

# Hidden states in f64, or logits, that are held at once.
WORKING_BYTES = 1 << 27


def wide(values):
    """The values in f64; a device without f64 (MPS) hands them to the CPU."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def wide_parts(rows):
    """A few columns at a time. [R, X] → [R, x] f64 each"""
    columns = max(1, WORKING_BYTES // (8 * len(rows)))
    return (wide(part) for part in rows.split(columns, -1))


def cosines(a, b):
    """Cosine of each row. a, b [R, X] → [R] on the CPU"""
    rows = max(1, WORKING_BYTES // (8 * a.shape[-1]))
    parts = ((wide(x), wide(y)) for x, y in zip(a.split(rows), b.split(rows)))
    return torch.cat([(x * y).sum(-1) / torch.sqrt((x * x).sum(-1) * (y * y).sum(-1)) for x, y in parts]).cpu()
