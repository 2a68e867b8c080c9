"""Sliding-Window Merging in the torch engine against the public script's sequence, on Llama-2-7B's shape with random fp16 weights made here.

usage: python packages/swm-core/bench/search_torch.bench.py [threshold=0.9] [layers=32] [folder]        needs a CUDA device with 48 GB, torch and transformers
The same candidates both ways. Engine: prefix cache, one batch of 10, no logits. Script: published_script.py. Prints both times, their ratio, both peaks of memory.
With a folder, the model is also written there as a checkpoint, for search-torch-client.bench.mjs.
"""

import json
import sys
import time
import zlib
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "python"))
import published_script
import session as engine

THRESHOLD = float(sys.argv[1]) if len(sys.argv) > 1 else 0.9
LAYERS = int(sys.argv[2]) if len(sys.argv) > 2 else 32
D, F, HEADS, V, SAMPLES, TOKENS = 4096, 11008, 32, 32000, 10, 128
DEVICE = torch.device("cuda")
HEAD = D // HEADS
FREQUENCIES = [10000.0 ** (-2 * pair / HEAD) for pair in range(HEAD // 2)]
# What the TypeScript client says of a Llama (src/architecture/llama.ts).
CONFIG = {
    "depth": LAYERS, "hiddenSize": D, "queryHeads": HEADS, "kvHeads": HEADS, "headSize": HEAD, "mlpSize": F, "vocabSize": V,
    "rmsNormEps": 1e-5, "normOffset": 0, "activation": "silu", "attentionScale": HEAD**-0.5, "attentionSoftcap": None, "logitSoftcap": None,
    "embeddingScale": 1, "layerTypes": ["full"] * LAYERS, "slidingWindow": None, "isTied": False,
    "ropeFrequencies": {"full": FREQUENCIES, "sliding": FREQUENCIES},
}  # fmt: skip
ROLES = {
    "query": ("self_attn.q_proj", [D, D]), "key": ("self_attn.k_proj", [D, D]), "value": ("self_attn.v_proj", [D, D]),
    "output": ("self_attn.o_proj", [D, D]), "gate": ("mlp.gate_proj", [F, D]), "up": ("mlp.up_proj", [F, D]), "down": ("mlp.down_proj", [D, F]),
    "attentionNorm": ("input_layernorm", [D]), "mlpNorm": ("post_attention_layernorm", [D]),
}  # fmt: skip
MODEL_ROLES = {"embedding": ("model.embed_tokens", [V, D]), "head": ("lm_head", [V, D]), "finalNorm": ("model.norm", [D])}


def by_role(roles):
    return {role: {"name": f"{name}.weight", "shape": shape} for role, (name, shape) in roles.items()}


TENSORS = {"model": by_role(MODEL_ROLES), "layerPrefix": "model.layers.", "layer": by_role(ROLES)}


def weight(name, shape):
    """The same random tensor for the same name, wherever it is asked for: hidden states stay near one, every layer matters."""
    if len(shape) == 1:
        return torch.ones(shape, dtype=torch.float16, device=DEVICE)
    generator = torch.Generator(DEVICE).manual_seed(zlib.crc32(name.encode()))
    return torch.randn(shape, dtype=torch.float16, device=DEVICE, generator=generator) / shape[-1] ** 0.5


class RandomFolder:
    """Stands where the engine reads a checkpoint's folder."""

    def __init__(self, folder):
        pass

    def read(self, name, shape):
        return weight(name, tuple(shape))


def windows(measure):
    """The public script's loop in source layers: (low, high, similarity) of each candidate that is measured."""
    low, high, committed, tried, accepted = LAYERS - 3, LAYERS - 2, [], [], None
    while low >= 0:
        # Right after a commit the window is one layer and the candidate the committed model itself: the script measures it again.
        similarity = accepted if low == high else measure(committed, (low, high))
        tried.append((list(committed), (low, high), similarity))
        if low == high or similarity > THRESHOLD:
            low, accepted = low - 1, similarity
        elif low + 1 != high:
            committed.append((low + 1, high))
            high = low
        else:
            low, high = low - 1, high - 1
    return tried


def wiring(merges):
    layers, at = [], 0
    for first, last in sorted(merges):
        layers += [engine.Wiring.of_source(layer) for layer in range(at, first)] + [engine.Wiring(((last, 1),), first, last)]
        at = last + 1
    return layers + [engine.Wiring.of_source(layer) for layer in range(at, LAYERS)]


def clock():
    torch.cuda.synchronize()
    return time.perf_counter()


def by_engine(token_ids):
    engine.SafetensorsFolder = RandomFolder
    with torch.inference_mode():
        session = engine.Session("", CONFIG, TENSORS, token_ids, 1_500_000_000, [DEVICE], torch.float16)
        forwards = [0]

        def measure(committed, window):
            value = session.measure(wiring([*committed, window]), "cosine")
            forwards[0] += value["layerForwards"]
            return sum(value["perSample"]) / SAMPLES

        session.measure(wiring([(0, LAYERS - 2)]), "nll")  # first use of the libraries
        session = engine.Session("", CONFIG, TENSORS, token_ids, 1_500_000_000, [DEVICE], torch.float16)
        torch.cuda.reset_peak_memory_stats()
        began = clock()
        tried = windows(measure)
        seconds = clock() - began
    return tried, seconds, torch.cuda.max_memory_allocated(), forwards[0]


@torch.no_grad()
def by_script(token_ids):
    config = LlamaConfig(
        vocab_size=V, hidden_size=D, intermediate_size=F, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=HEADS,
        rms_norm_eps=1e-5, rope_theta=10000.0, tie_word_embeddings=False,
    )  # fmt: skip
    torch.set_default_dtype(torch.float16)
    with torch.device(DEVICE):
        dense = LlamaForCausalLM(config).eval()
    torch.set_default_dtype(torch.float32)
    for name, parameter in dense.named_parameters():
        parameter.copy_(weight(name, tuple(parameter.shape)))
    torch.cuda.reset_peak_memory_stats()
    tried, _, seconds = published_script.search(dense, torch.tensor(token_ids, device=DEVICE), THRESHOLD)
    return [similarity for _, _, similarity in tried], seconds, torch.cuda.max_memory_allocated()


def write_checkpoint(folder):
    """The same model as a folder of safetensors."""
    config = {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": LAYERS, "hidden_size": D, "intermediate_size": F,
        "num_attention_heads": HEADS, "num_key_value_heads": HEADS, "vocab_size": V, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "tie_word_embeddings": False,
    }  # fmt: skip
    with torch.device("meta"):
        shapes = {name: tuple(parameter.shape) for name, parameter in LlamaForCausalLM(LlamaConfig(**config)).named_parameters()}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file({name: weight(name, shape).cpu() for name, shape in shapes.items()}, folder / "model.safetensors")


def main():
    token_ids = [[(row * 7919 + at * 104_729) % V for at in range(TOKENS)] for row in range(SAMPLES)]
    tried, engine_seconds, engine_bytes, forwards = by_engine(token_ids)
    torch.cuda.empty_cache()
    similarities, script_seconds, script_bytes = by_script(token_ids)
    if len(similarities) != len(tried):
        raise SystemExit(f"the script tried {len(similarities)} candidates, the engine {len(tried)}")
    distance = max(abs(a - b) for (_, _, a), b in zip(tried, similarities))
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}, fp16, {LAYERS} layers, threshold {THRESHOLD}: {len(tried)} candidates measured")
    print(f"engine {engine_seconds:.2f} s, {forwards} layer-forwards, peak {engine_bytes / 2**30:.1f} GiB")
    print(f"script {script_seconds:.2f} s, {len(tried) * LAYERS * SAMPLES} of one sample or fewer, peak {script_bytes / 2**30:.1f} GiB")
    if len(sys.argv) > 3:
        write_checkpoint(Path(sys.argv[3]))
    print(f"ratio {script_seconds / engine_seconds:.1f}; largest difference of a similarity {distance:.4f}")


main()
