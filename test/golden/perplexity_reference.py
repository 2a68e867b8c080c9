"""The paper's perplexity by a Llama written out in PyTorch: no transformers, nothing of ours. Prints {"perplexity", "segments"}.

usage: perplexity_reference.py FOLDER WIKITEXT LIMIT       WIKITEXT: the test split as one text file; LIMIT: segments, 0 for all
Follows evaluate/eval_ppl.py and dataset.py of the paper's repository: rows joined by blank lines, one BOS first, segments of 128, the
rest and the last incomplete batch of 4 dropped, exp of the mean over all predicted tokens. A row is a line with its end, or "".
"""
import glob
import json
import math
import sys

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

folder, text_file, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
config = json.load(open(f"{folder}/config.json"))
weights = {}
for file in glob.glob(f"{folder}/*.safetensors"):
    weights.update({name: tensor.float() for name, tensor in load_file(file).items()})
heads, kv_heads, hidden = config["num_attention_heads"], config["num_key_value_heads"], config["hidden_size"]
size = hidden // heads
theta = config.get("rope_theta") or (config.get("rope_parameters") or {}).get("rope_theta", 10000.0)


def norm(x, name):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]) * weights[name]


def rotate(x, cos, sin):
    left, right = x.chunk(2, -1)
    return x * cos + torch.cat([-right, left], -1) * sin


def logits(ids):  # [B, T] -> [B, T, V]
    count = ids.shape[1]
    angles = torch.arange(count)[:, None] * theta ** (-torch.arange(0, size, 2).float() / size)
    cos, sin = (function(torch.cat([angles, angles], -1)) for function in (torch.cos, torch.sin))
    mask = torch.full((count, count), -math.inf).triu(1)
    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        h = norm(x, at + "input_layernorm.weight")
        q, k, v = ((h @ weights[f"{at}self_attn.{part}_proj.weight"].T).unflatten(-1, (-1, size)).transpose(1, 2) for part in "qkv")
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        k, v = (part.repeat_interleave(heads // kv_heads, 1) for part in (k, v))
        a = (torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(size) + mask, -1) @ v).transpose(1, 2).flatten(2)
        x = x + a @ weights[at + "self_attn.o_proj.weight"].T
        h = norm(x, at + "post_attention_layernorm.weight")
        gate, up = (h @ weights[f"{at}mlp.{part}_proj.weight"].T for part in ("gate", "up"))
        x = x + (torch.nn.functional.silu(gate) * up) @ weights[at + "mlp.down_proj.weight"].T
    return norm(x, "model.norm.weight") @ weights.get("lm_head.weight", weights["model.embed_tokens.weight"]).T


lines = open(text_file, encoding="utf-8").read().split("\n")
assert lines.pop() == "", "the file ends with a line's end"
text = "\n\n".join(f"{line}\n" if line.strip() else "" for line in lines)
ids = [config["bos_token_id"], *Tokenizer.from_file(f"{folder}/tokenizer.json").encode(text, add_special_tokens=False).ids]
segments = len(ids) // 128
segments = min(segments, limit or segments) // 4 * 4
total = 0.0
with torch.inference_mode():
    for row in torch.tensor(ids[:segments * 128]).view(segments, 1, 128):
        log = torch.log_softmax(logits(row).double(), -1)[0, :-1]
        total -= log.gather(-1, row[0, 1:, None]).sum().item()
print(json.dumps({"perplexity": math.exp(total / (segments * 127)), "segments": segments}))
