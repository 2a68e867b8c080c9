"""Depth-pruning methods in plain PyTorch, written from the papers' recipes, sharing nothing with the platform.

usage: methods_reference.py MODEL_FOLDER TOKENS.json REMOVE       prints one JSON object: per method the removed layers and the numbers behind them
Hooks on transformers; layers are skipped by rebuilding the module list. Ties do not occur on random weights.
"""
import json
import math
import sys

import torch
from transformers import AutoModelForCausalLM

folder, tokens_file, remove = sys.argv[1], sys.argv[2], int(sys.argv[3])
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
with open(tokens_file) as file:
    samples = torch.tensor(json.load(file))
original = list(model.model.layers)
depth = len(original)


@torch.no_grad()
def loss(layers):
    for index, layer in enumerate(layers):
        layer.self_attn.layer_idx = index
    model.model.layers = torch.nn.ModuleList(layers)
    model.config.num_hidden_layers = len(layers)
    return model(input_ids=samples, labels=samples, use_cache=False).loss.item()


def without(gone):
    return [layer for index, layer in enumerate(original) if index not in gone]


@torch.no_grad()
def boundaries():
    """States entering each layer and leaving the last, before the final norm, taken by hooks."""
    states = []
    hooks = [original[0].register_forward_pre_hook(lambda _, args: states.append(args[0].double()))]
    for layer in original:
        hooks.append(layer.register_forward_hook(lambda _, args, out: states.append((out[0] if isinstance(out, tuple) else out).double())))
    loss(original)
    for hook in hooks:
        hook.remove()
    return states


def lowest(scores, allowed):
    return sorted(sorted(allowed, key=lambda layer: scores[layer])[:remove])


protected = [layer for layer in range(depth) if 4 <= layer < depth - 2]
everything = list(range(depth))
states = boundaries()
influence = [1 - torch.cosine_similarity(a, b, dim=-1).mean().item() for a, b in zip(states, states[1:])]
ends = [state[:, -1] for state in states]
angles = [
    (torch.cosine_similarity(ends[first], ends[first + remove], dim=-1).clamp(-1, 1).acos().mean() / math.pi).item()
    for first in range(depth - remove + 1)
]
block = min(range(len(angles)), key=lambda first: angles[first])
with torch.enable_grad():
    model(input_ids=samples, labels=samples, use_cache=False).loss.backward()
taylor = [sum((weight * weight.grad).double().abs().sum().item() for weight in layer.parameters()) for layer in original]
perplexity = [math.exp(loss(without({layer}))) for layer in everything]
magnitude = [sum(weight.double().abs().sum().item() for weight in layer.parameters()) for layer in original]

gone, rounds = [], []
for _ in range(remove):
    alive = [layer for layer in everything if layer not in gone]
    losses = {layer: loss(without({*gone, layer})) for layer in alive[1:-1]}
    rounds.append(losses)
    gone.append(min(losses, key=lambda layer: losses[layer]))

print(
    json.dumps(
        {
            "SHORT_GPT": {"removed": lowest(influence, everything), "scores": influence},
            "UIDL": {"removed": list(range(block, block + remove)), "scores": angles},
            "SHORTENED_PPL": {"removed": lowest(perplexity, protected), "scores": perplexity},
            "SHORTENED_TAYLOR": {"removed": lowest(taylor, protected), "scores": taylor},
            "SHORTENED_MAGNITUDE": {"removed": lowest(magnitude, protected), "scores": magnitude},
            "SLEB": {"removed": sorted(gone), "scores": [math.exp(value) for losses in rounds for value in losses.values()]},
        }
    )
)
