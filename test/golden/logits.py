"""Logits of a model folder re-wired by hand, for comparison with the engine. Own code; imports only torch, transformers, json.

usage: logits.py MODEL_FOLDER TOKENS.json PLANS.json        PLANS: [[[projectionsFrom, sideFrom], ...], ...]; prints a list of flat lists
"""
import copy
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
from transformers import AutoModelForCausalLM

folder, tokens_file, plans_file = sys.argv[1:]
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
tokens = torch.tensor(json.load(open(tokens_file)))
source = list(model.model.layers)
result = []
for plan in json.load(open(plans_file)):
    layers = []
    for index, (top, low) in enumerate(plan):
        layer = copy.deepcopy(source[top])
        layer.input_layernorm = copy.deepcopy(source[low].input_layernorm)
        layer.post_attention_layernorm = copy.deepcopy(source[low].post_attention_layernorm)
        layer.self_attn.layer_idx = index
        layers.append(layer)
    model.model.layers = torch.nn.ModuleList(layers)
    model.config.num_hidden_layers = len(layers)
    with torch.no_grad():
        result.append(model(input_ids=tokens, use_cache=False).logits.flatten().tolist())
print(json.dumps(result))
