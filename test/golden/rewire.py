"""Independent rendering of depth-pruned models in plain PyTorch, to judge our exporter by.

    rewire.py build FOLDER VARIANT      a tiny random Llama: "tied" (one bf16 file) or "untied" (f32 shards); or "qwen2", "qwen3" (bf16)
    rewire.py check SOURCE PLANS.json   PLANS: [{"folder", "rule", "recipes"}]; one JSON line of findings a plan

Imports nothing of the platform. The rules are those of the public script (SLM.py): a merge keeps the projections of its
top layer and the norms of its low layer.
"""

import copy
import json
import sys

import torch
from transformers import AutoConfig, AutoModelForCausalLM

DEPTH = {"tied": 6, "untied": 8, "qwen2": 6, "qwen3": 6}


def build(folder, variant):
    torch.manual_seed(1234)
    model = AutoModelForCausalLM.from_config(
        AutoConfig.for_model(
            variant if variant.startswith("qwen") else "llama",
            vocab_size=256,
            hidden_size=64,
            intermediate_size=160,
            num_hidden_layers=DEPTH[variant],
            num_attention_heads=8,
            num_key_value_heads=2,
            rms_norm_eps=1e-5,
            tie_word_embeddings=variant != "untied",
            bos_token_id=1,
            eos_token_id=None,
        )
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # Fresh norms are all ones, biases all zeros: without this, taking them from the wrong layer would go unseen.
            if "norm" in name or "bias" in name:
                parameter.uniform_(0.5, 1.5)
            else:
                parameter.normal_(0, 0.08)
    if variant == "untied":
        model.save_pretrained(folder, max_shard_size="150KB")
    else:
        model.to(torch.bfloat16).save_pretrained(folder)


def load(folder):
    model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, output_loading_info=True)
    problems = [key for key in ("missing_keys", "unexpected_keys", "mismatched_keys", "error_msgs") if info.get(key)]
    return model.eval(), problems


def rewired(dense, rule, recipes):
    """The dense model with its layers rebuilt by the recipes; the dense model is left as it is."""
    model = copy.deepcopy(dense)
    old = dense.model.layers
    layers = []
    for recipe in recipes:
        first, last = recipe["first"], recipe["last"]
        if recipe["kind"] == "keep":
            layers += [copy.deepcopy(old[index]) for index in range(first, last + 1)]
        elif recipe["kind"] == "merge" and rule["name"] == "replace-top":
            layer = copy.deepcopy(old[last])
            side = old[first if rule["sideFrom"] == "low" else last]
            layer.input_layernorm = copy.deepcopy(side.input_layernorm)
            layer.post_attention_layernorm = copy.deepcopy(side.post_attention_layernorm)
            layers.append(layer)
        elif recipe["kind"] == "merge":
            layers.append(copy.deepcopy(old[{"keep-low": first, "keep-top": last}[rule["name"]]]))
    for index, layer in enumerate(layers):
        layer.self_attn.layer_idx = index
    model.model.layers = torch.nn.ModuleList(layers)
    model.config.num_hidden_layers = len(layers)
    return model


@torch.no_grad()
def check(source, plans):
    dense, _ = load(source)
    torch.manual_seed(7)
    ids = torch.randint(0, dense.config.vocab_size, (3, 24))
    for plan in plans:
        exported, problems = load(plan["folder"])
        expected = rewired(dense, plan["rule"], plan["recipes"])
        ours, theirs = exported(ids).logits, expected(ids).logits
        settings = {"max_new_tokens": 8, "do_sample": False, "pad_token_id": 0}
        tokens = [model.generate(ids[:1], **settings)[0].tolist() for model in (exported, expected)]
        found = {
            "problems": problems,
            "layers": exported.config.num_hidden_layers,
            "parameters": sum(parameter.numel() for parameter in exported.parameters()),
            "bitEqual": bool(torch.equal(ours.view(torch.int32), theirs.view(torch.int32))),
            "isFinite": bool(torch.isfinite(ours).all()),
            "logitSum": ours.double().sum().item(),
            "generated": len(tokens[0]) - 24,
            "sameTokens": tokens[0] == tokens[1],
        }
        print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1] == "build":
        build(sys.argv[2], sys.argv[3])
    else:
        with open(sys.argv[3]) as file:
            check(sys.argv[2], json.load(file))
