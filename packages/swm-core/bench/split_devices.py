"""Whether the torch engine gives the same numbers when a model's layers lie on two devices: a tiny random decoder with everything that
sets families apart (soft caps, norms around and per head, biases, windows), forced to lie in several splits beside one device.

usage: python packages/swm-core/bench/split_devices.py        two CUDA devices; without them the CPU stands for both, which proves only the script
Prints, for each split, the largest difference over similarities, losses, logits, Taylor scores and block influences.
"""

import sys
import zlib
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
import session as engine

D, HEADS, KV_HEADS, HEAD, F, V, LAYERS = 64, 4, 2, 24, 96, 200, 6
FREQUENCIES = [1e4 ** (-2 * pair / HEAD) for pair in range(HEAD // 2)]
CONFIG = {
    "depth": LAYERS, "hiddenSize": D, "queryHeads": HEADS, "kvHeads": KV_HEADS, "headSize": HEAD, "mlpSize": F, "vocabSize": V,
    "rmsNormEps": 1e-5, "normOffset": 1, "activation": "gelu-tanh", "attentionScale": 0.2, "attentionSoftcap": 4.0, "logitSoftcap": 6.0,
    "embeddingScale": 8, "layerTypes": ["full", "sliding"] * 3, "slidingWindow": 5, "isTied": True,
    "ropeFrequencies": {"full": FREQUENCIES, "sliding": FREQUENCIES},
}  # fmt: skip
WIDE, NARROW = HEADS * HEAD, KV_HEADS * HEAD
LAYER_SHAPES = {
    "query": [WIDE, D], "key": [NARROW, D], "value": [NARROW, D], "output": [D, WIDE], "gate": [F, D], "up": [F, D], "down": [D, F],
    "attentionNorm": [D], "attentionOutputNorm": [D], "mlpNorm": [D], "mlpOutputNorm": [D], "queryNorm": [HEAD], "keyNorm": [HEAD],
    "queryBias": [WIDE], "keyBias": [NARROW], "valueBias": [NARROW],
}  # fmt: skip


def by_role(shapes):
    return {role: {"name": role, "shape": shape} for role, shape in shapes.items()}


TENSORS = {"layerPrefix": "", "layer": by_role(LAYER_SHAPES), "model": by_role({"embedding": [V, D], "finalNorm": [D]})}
TOKENS = [[(7 * row + 3 * at) % V for at in range(16)] for row in range(4)]


class RandomFolder:
    """Stands where the engine reads a checkpoint's folder."""

    def __init__(self, folder):
        pass

    def read(self, name, shape):
        values = torch.randn(list(shape), generator=torch.Generator().manual_seed(zlib.crc32(name.encode())))
        return values / shape[-1] ** 0.5 if len(shape) > 1 else 1 + 0.3 * values


def numbers(homes, devices):
    """Everything the engine says of the model with layer i on device homes[i]."""
    engine.SafetensorsFolder, engine.place_layers = RandomFolder, lambda *_: homes
    with torch.no_grad():
        session = engine.Session("", CONFIG, TENSORS, TOKENS, 10**9, devices, torch.float32)
        dense = session.dense_path
        plans = [
            [*dense[:1], engine.Wiring(((3, 1),), 1, 3), *dense[4:]],
            [*dense[:2], engine.Wiring(((2, 0.5), (3, 0.25), (4, 0.25)), 2, 4), *dense[5:]],
        ]
        found = []
        for plan in plans:
            found += session.measure(plan, "cosine")["perSample"] + session.measure(plan, "nll")["perSample"] + session.logits(plan)["values"]
        found += session.block_gradients()["scores"] + session.layer_statistics()["blockInfluence"]
        session.batch_samples = 1  # as after memory ran out
        session.cache.clear()
        found += session.logits(dense)["values"] + session.block_gradients()["scores"]
    return torch.tensor(found)


def main():
    has_two = torch.cuda.device_count() > 1
    devices = [torch.device("cuda", index) for index in range(2)] if has_two else [torch.device("cpu")] * 2
    print(f"torch {torch.__version__}, " + ", ".join(torch.cuda.get_device_name(device) if has_two else "cpu" for device in devices))
    one = numbers([0] * LAYERS, devices)
    for homes in ([1] * 6, [0, 0, 0, 1, 1, 1], [0, 1, 1, 1, 1, 1]):
        print(f"layers on {homes}: largest difference {(numbers(homes, devices) - one).abs().max():.1e} of {one.abs().max():.1f}")


main()
