"""The sequence of the published Sliding-Window Merging script (SLM.py), for comparison: every candidate is a deep copy of the model, its
layers really merged, and ten forwards of one sample each, logits included; cosines of flattened hidden states on the CPU.

usage: python published_script.py MODEL_FOLDER TOKENS.json THRESHOLD...       prints one JSON line a threshold; loading is not timed
As the script does it, a one-layer window right after a commit is measured, too.
"""

import copy
import json
import sys
import time

import torch

PROJECTIONS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def last_states(model, samples):
    """The last hidden state of each sample [1, T], flattened, on the CPU in the model's precision."""
    return [model(input_ids=row, output_hidden_states=True, use_cache=False).hidden_states[-1].flatten().cpu() for row in samples]


def merged(model, low, high):
    """A copy with the layers low … high collapsed into one at index low: W += W_k - W from the low layer up."""
    candidate = copy.deepcopy(model)
    layers = candidate.model.layers
    for k in range(low, high + 1):
        for name in PROJECTIONS:
            weight = layers[low].get_submodule(name).weight.data
            weight += model.model.layers[k].get_submodule(name).weight.data - weight
    candidate.model.layers = torch.nn.ModuleList([*layers[: low + 1], *layers[high + 1 :]])
    candidate.config.num_hidden_layers = len(candidate.model.layers)
    for index, layer in enumerate(candidate.model.layers):
        layer.self_attn.layer_idx = index
    return candidate


@torch.no_grad()
def search(model, samples, threshold):
    """The whole search; samples are T token ids each, on the model's device → [(low, high, similarity)] in indices of the shortened model, layers left, seconds."""
    synchronize = torch.cuda.synchronize if torch.cuda.is_available() else lambda: None
    synchronize()
    began = time.perf_counter()
    samples = [row[None] for row in samples]
    dense = last_states(model, samples)
    high, low, tried = len(model.model.layers) - 2, len(model.model.layers) - 3, []
    while low >= 0:
        candidate = merged(model, low, high)
        cosines = [torch.nn.functional.cosine_similarity(a, b, dim=0) for a, b in zip(dense, last_states(candidate, samples))]
        similarity = float(sum(cosines) / len(cosines))
        tried.append((low, high, similarity))
        del candidate
        if similarity > threshold:
            low -= 1
        elif low + 1 != high:
            model = merged(model, low + 1, high)
            high = low
        else:
            high -= 1
            low -= 1
    synchronize()
    return tried, len(model.model.layers), time.perf_counter() - began


def main(folder, tokens_file, *thresholds):
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with open(tokens_file, encoding="utf-8") as file:
        samples = torch.tensor(json.load(file))
    for threshold in thresholds:
        tried, layers, seconds = search(model, samples, float(threshold))
        similarities = [similarity for _, _, similarity in tried]
        print(json.dumps({"threshold": float(threshold), "seconds": seconds, "layers": layers, "similarities": similarities}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
