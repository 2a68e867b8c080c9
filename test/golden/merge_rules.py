"""Every tensor of exported merges against the formulas of the paper and of the released code, in plain torch.

usage: merge_rules.py SOURCE CASES.json     CASES: [{"folder", "rule", "recipes"}]; one JSON line of findings a case
Imports nothing of the platform. f is the rule's factor, W_k the weights of layer k of the window l..h:
    replace-top        for k = l..h: W += f (W_k - W), from W = W_l on     (the released SLM.py)
    sum-of-differences W_l + f sum (W_k - W_l)                             (the published equation)
    mean               W_l + f (mean - W_l)
    keep-low, keep-top one layer whole, its own norms
Norms (of queries and keys too) and biases of the first three come from the low or the top layer. Sums are taken in f64 and rounded to the stored dtype.
"""
import glob
import json
import os
import sys

import torch
from safetensors.torch import load_file


def load(folder):
    tensors = {}
    for file in sorted(glob.glob(os.path.join(folder, "*.safetensors"))):
        tensors.update(load_file(file))
    return tensors


def merged(rule, weights):
    f, low = rule["factor"], weights[0].double()
    if rule["name"] == "replace-top":
        running = low.clone()
        for weight in weights:
            running += f * (weight.double() - running)
        return running
    if rule["name"] == "sum-of-differences":
        return low + f * sum(weight.double() - low for weight in weights)
    return low + f * (sum(weight.double() for weight in weights) / len(weights) - low)


def expected(source, rule, recipes):
    layer_names = sorted({name.split(".", 3)[3] for name in source if name.startswith("model.layers.")})
    tensors = {name: tensor for name, tensor in source.items() if not name.startswith("model.layers.")}
    exact, index = set(tensors), 0
    of = lambda layer, name: source[f"model.layers.{layer}.{name}"]
    for recipe in recipes:
        first, last = recipe["first"], recipe["last"]
        groups = {"keep": [[layer] for layer in range(first, last + 1)], "merge": [list(range(first, last + 1))], "drop": []}
        for group in groups[recipe["kind"]]:
            for name in layer_names:
                target = f"model.layers.{index}.{name}"
                if len(group) == 1 or rule["name"] in ("keep-low", "keep-top"):
                    tensors[target] = of(group[-1 if rule["name"] == "keep-top" else 0], name)
                elif "norm" in name or name.endswith(".bias"):
                    tensors[target] = of(group[-1 if rule["sideFrom"] == "top" else 0], name)
                else:
                    weights = [of(layer, name) for layer in group]
                    tensors[target] = merged(rule, weights).to(weights[-1].dtype)
                    if rule["factor"] != 0 and not (rule["name"] == "replace-top" and rule["factor"] == 1):
                        continue
                exact.add(target)
            index += 1
    return tensors, exact


source_folder, cases_file = sys.argv[1:3]
source = load(source_folder)
with open(cases_file) as file:
    cases = json.load(file)
for case in cases:
    found = load(case["folder"])
    tensors, exact = expected(source, case["rule"], case["recipes"])
    error = 0.0
    same = set(found) == set(tensors)
    for name in set(found) & set(tensors):
        ours, theirs = found[name], tensors[name]
        same = same and ours.dtype == theirs.dtype and ours.shape == theirs.shape
        if name in exact:
            same = same and torch.equal(ours, theirs)
        scale = torch.finfo(theirs.dtype).eps / torch.finfo(torch.float32).eps
        error = max(error, ((ours.double() - theirs.double()).abs().max() / scale).item())
    print(json.dumps({"isSame": same, "error": error, "computed": len(tensors) - len(exact)}))
