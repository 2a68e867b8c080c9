"""What stock transformers makes of model folders: logits, and each layer's Taylor score where asked.

usage: folder_logits.py TOKENS.json [--taylor] FOLDER...        prints {"<folder>": {"logits": [B*T*V], "taylor": [L]}}
"""
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
from transformers import AutoModelForCausalLM

with open(sys.argv[1]) as file:
    tokens = torch.tensor(json.load(file))
wants_taylor = "--taylor" in sys.argv
found = {}
for folder in sys.argv[2:]:
    if folder == "--taylor":
        continue
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    output = model(input_ids=tokens, labels=tokens, use_cache=False)
    found[folder] = {"logits": output.logits.detach().flatten().tolist()}
    if wants_taylor:
        output.loss.backward()
        found[folder]["taylor"] = [
            sum((weight * weight.grad).double().abs().sum().item() for weight in layer.parameters()) for layer in model.model.layers
        ]
print(json.dumps(found))
