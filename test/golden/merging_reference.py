"""Merging searches in plain PyTorch, written from their descriptions (methods.md 1.4, 1.5, 5.4), sharing nothing with the platform.

usage: merging_reference.py MODEL_FOLDER TOKENS.json CASE...        prints {"<case>": {"plan": ..., "evaluations": [...]}}
CASE is swm:RULE:FACTOR:SIDE:THRESHOLD (the published script's loop) or laco:SPAN:INTERVAL:LOWEST:THRESHOLD.
Layers are really merged: modules are deep-copied and the seven projections computed in f32; norms come from the low or the top layer;
the similarity is one cosine a sample over hidden_states[-1]. Equal candidates of different cases are measured once.
"""
import copy
import json
import sys

import torch
from transformers import AutoModelForCausalLM

PROJECTIONS = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]


def combined(weights, rule, factor):
    """One projection of the merged layer from those of its members, bottom up."""
    low = weights[0]
    if rule == "replace-top":  # W += f (W_k - W), the bracket with the running value
        running = low.clone()
        for weight in weights:
            running += factor * (weight - running)
        return running
    if rule == "sum-of-differences":
        return low + factor * sum(weight - low for weight in weights[1:])
    if rule == "mean":
        return low + factor * (sum(weights) / len(weights) - low)
    raise ValueError(rule)


def merge(layers, low, high, rule="replace-top", factor=1.0, side="low"):
    """A copy of the list with layers low..high collapsed into one at index low."""
    members = layers[low:high + 1]
    if rule in ("keep-low", "keep-top"):
        one = members[0 if rule == "keep-low" else -1]
    else:
        one = copy.deepcopy(members[0 if side == "low" else -1])
        for name in PROJECTIONS:
            one.get_submodule(name).weight.data = combined([member.get_submodule(name).weight.data for member in members], rule, factor)
    return layers[:low] + [one] + layers[high + 1:]


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


class Search:
    """A model being merged: its layers now, and which source layers each is made of."""

    def __init__(self, model, samples, dense, seen, threshold, *rule):
        self.model, self.samples, self.dense, self.seen, self.threshold, self.rule = model, samples, dense, seen, threshold, rule
        self.layers = list(model.model.layers)
        self.members = [[index] for index in range(len(self.layers))]
        self.evaluations = []

    def groups(self, low, high):
        return self.members[:low] + [sum(self.members[low:high + 1], [])] + self.members[high + 1:]

    def accepts(self, low, high):
        """Measures the candidate with layers low..high as one."""
        key = json.dumps([self.groups(low, high), self.rule])
        if key not in self.seen:
            states = last_hidden_states(self.model, merge(self.layers, low, high, *self.rule), self.samples)
            cosines = [torch.dot(a, b) / (a.norm() * b.norm()) for a, b in zip(self.dense, states)]
            self.seen[key] = float(sum(cosines) / len(cosines))
        similarity = self.seen[key]
        group = self.groups(low, high)[low]
        accepted = similarity > self.threshold
        self.evaluations.append({"first": group[0], "last": group[-1], "similarity": similarity, "accepted": accepted})
        return accepted

    def commit(self, low, high):
        self.layers, self.members = merge(self.layers, low, high, *self.rule), self.groups(low, high)

    def result(self):
        text = " ".join(str(group[0]) if len(group) == 1 else f"[{group[0]}-{group[-1]}]" for group in self.members)
        return {"plan": text, "evaluations": self.evaluations}


def swm(search):
    high, low = len(search.layers) - 2, len(search.layers) - 3
    while low >= 0:
        if search.accepts(low, high):
            low -= 1
        elif low + 1 != high:
            search.commit(low + 1, high)
            high = low
        else:
            high -= 1
            low -= 1
    return search.result()


def laco(search, span, interval, lowest):
    low = len(search.layers) - span
    while low >= lowest:
        high = min(low + span - 1, len(search.layers) - 1)
        if search.accepts(low, high):
            search.commit(low, high)
            low -= interval
            if low >= len(search.layers):
                low = len(search.layers) - 1 - span
        else:
            low -= 1
    return search.result()


def run(case, *model):
    kind, *options = case.split(":")
    threshold = float(options[-1])
    if kind == "swm":
        rule, factor, side = options[:3]
        return swm(Search(*model, threshold, rule, float(factor), side))
    return laco(Search(*model, threshold), *(int(option) for option in options[:3]))


def main(folder, tokens_file, *cases):
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    with open(tokens_file) as file:
        samples = torch.tensor(json.load(file))
    dense = last_hidden_states(model, list(model.model.layers), samples)
    seen = {}
    print(json.dumps({case: run(case, model, samples, dense, seen) for case in cases}))


main(*sys.argv[1:])
