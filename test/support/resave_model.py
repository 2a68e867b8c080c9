"""A copy of a model folder as somebody else would have it: other shards, another name in config.json; on request one bit flipped.

usage: resave_model.py FROM TO [flip]
"""
import json
import os
import shutil
import sys

from safetensors.torch import load_file, save_file
import torch

source, target = sys.argv[1:3]
shutil.copytree(source, target)
weights = load_file(os.path.join(source, "model.safetensors"))
os.remove(os.path.join(target, "model.safetensors"))
names = sorted(weights)
if "flip" in sys.argv[3:]:
    bits = weights[names[-1]].view(torch.int32)
    bits.view(-1)[0] ^= 1
shards = {}
for part, chosen in enumerate([names[::2], names[1::2]], 1):
    file = f"model-{part:05}-of-00002.safetensors"
    save_file({name: weights[name] for name in chosen}, os.path.join(target, file), metadata={"format": "pt"})
    shards.update(dict.fromkeys(chosen, file))
size = sum(weight.nbytes for weight in weights.values())
with open(os.path.join(target, "model.safetensors.index.json"), "w") as file:
    json.dump({"metadata": {"total_size": size}, "weight_map": shards}, file)
path = os.path.join(target, "config.json")
with open(path) as file:
    config = json.load(file)
with open(path, "w") as file:
    json.dump({**config, "_name_or_path": "somebody/else"}, file)
