"""Taylor scores of each layer, from the definition of Shortened-LLM, on transformers' own model and autograd.

usage: block_gradients.py MODEL_FOLDER TOKENS_JSON       prints [score of layer 0, …]
"""
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32, attn_implementation="eager")
with open(sys.argv[2]) as file:
    tokens = torch.tensor(json.load(file))
model(tokens, labels=tokens).loss.backward()
print(json.dumps([sum((w * w.grad).abs().sum().item() for w in layer.parameters()) for layer in model.model.layers]))
