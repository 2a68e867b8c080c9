"""The public Sliding-Window Merging script's sequence in plain PyTorch, written from its description, sharing nothing with the platform.

usage: swm_reference.py MODEL_FOLDER TOKENS.json THRESHOLD...        prints {"<threshold>": {"plan": ..., "evaluations": [...]}}
Layers are really merged: modules are deep-copied and W += factor * (W_k - W) is done in f32 for the seven projections; norms stay those of
the low layer; the similarity is one cosine a sample over hidden_states[-1]. Equal candidates of different thresholds are measured once.
"""
import copy
import json
import sys

import torch
from transformers import AutoModelForCausalLM

PROJECTIONS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def merge(layers, low, high, factor=1.0):
    """A copy of the list with layers low..high collapsed into one at index low."""
    merged = copy.deepcopy(layers[low])
    for k in range(low, high + 1):
        for name in PROJECTIONS:
            weight = merged.get_submodule(name).weight.data
            weight += factor * (layers[k].get_submodule(name).weight.data - weight)
    return layers[:low] + [merged] + layers[high + 1:]


def last_hidden_states(model, layers, samples):
    """One flat f64 vector a sample. All samples go through at once, and without the head, which hidden states do not need."""
    decoder = model.model
    original = decoder.layers
    for index, layer in enumerate(layers):
        layer.self_attn.layer_idx = index
    decoder.layers = torch.nn.ModuleList(layers)
    decoder.config.num_hidden_layers = len(layers)
    with torch.no_grad():
        output = decoder(input_ids=samples, output_hidden_states=True, use_cache=False)
    decoder.layers = original
    return output.hidden_states[-1].flatten(1).double()


def run(model, samples, threshold, dense, seen):
    layers = list(model.model.layers)
    members = [[index] for index in range(len(layers))]
    high, low = len(layers) - 2, len(layers) - 3
    evaluations = []
    while low >= 0:
        candidate = merge(layers, low, high)
        groups = members[:low] + [sum(members[low:high + 1], [])] + members[high + 1:]
        key = json.dumps(groups)
        if key not in seen:
            states = last_hidden_states(model, candidate, samples)
            cosines = [torch.dot(a, b) / (a.norm() * b.norm()) for a, b in zip(dense, states)]
            seen[key] = float(sum(cosines) / len(cosines))
        similarity = seen[key]
        evaluations.append({"first": members[low][0], "last": members[high][-1], "similarity": similarity, "accepted": similarity > threshold})
        if similarity > threshold:
            low -= 1
        elif low + 1 != high:
            layers = merge(layers, low + 1, high)
            members = members[:low + 1] + [sum(members[low + 1:high + 1], [])] + members[high + 1:]
            high = low
        else:
            high -= 1
            low -= 1
    text = " ".join(str(group[0]) if len(group) == 1 else f"[{group[0]}-{group[-1]}]" for group in members)
    return {"plan": text, "evaluations": evaluations}


def main(folder, tokens_file, *thresholds):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with open(tokens_file) as file:
        samples = torch.tensor(json.load(file))
    dense = last_hidden_states(model, list(model.model.layers), samples)
    seen = {}
    print(json.dumps({threshold: run(model, samples, float(threshold), dense, seen) for threshold in thresholds}))


main(*sys.argv[1:])
