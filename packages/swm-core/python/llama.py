"""The Llama forward pass, with fused projections.

Letters: B batch, T tokens, D hidden, N query heads, K kv heads, H head size, F mlp, V vocab.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F


class Projections(NamedTuple):
    """The projections of one source layer, as stored: outputs first."""

    qkv: torch.Tensor  # [(N + 2K)*H, D]
    output: torch.Tensor  # [D, N*H]
    gate_up: torch.Tensor  # [2F, D]
    down: torch.Tensor  # [D, F]


class Side(NamedTuple):
    """The norms of one source layer."""

    input_norm: torch.Tensor  # [D]
    post_attention_norm: torch.Tensor  # [D]


class Llama:
    """Weights on a device. A plan is a list of (projections_from, side_from): only a re-wiring of source layers."""

    def __init__(self, weights, config, tokens, device, dtype):
        """`config` is the checked configuration of the TypeScript side (ModelConfig); `tokens` is T."""
        self.depth = config["depth"]
        self.hidden, self.vocab = config["hiddenSize"], config["vocabSize"]
        self.query_heads, self.kv_heads, self.head_size = config["queryHeads"], config["kvHeads"], config["headSize"]
        self.eps = config["rmsNormEps"]
        mlp = config["mlpSize"]
        wide, narrow = self.query_heads * self.head_size, self.kv_heads * self.head_size

        def read(name, *shape):
            return weights.read(f"{name}.weight", shape).to(device=device, dtype=dtype)

        self.embedding = read("model.embed_tokens", self.vocab, self.hidden)
        self.head = self.embedding if config["isTied"] else read("lm_head", self.vocab, self.hidden)
        self.final_norm = read("model.norm", self.hidden)
        self.projections, self.sides = [], []
        for layer in range(self.depth):
            attention, feed_forward = f"model.layers.{layer}.self_attn", f"model.layers.{layer}.mlp"
            self.projections.append(
                Projections(
                    torch.cat(
                        [
                            read(f"{attention}.q_proj", wide, self.hidden),
                            read(f"{attention}.k_proj", narrow, self.hidden),
                            read(f"{attention}.v_proj", narrow, self.hidden),
                        ]
                    ),
                    read(f"{attention}.o_proj", self.hidden, wide),
                    torch.cat(
                        [read(f"{feed_forward}.gate_proj", mlp, self.hidden), read(f"{feed_forward}.up_proj", mlp, self.hidden)]
                    ),
                    read(f"{feed_forward}.down_proj", self.hidden, mlp),
                )
            )
            norms = (f"model.layers.{layer}.{name}_layernorm" for name in ("input", "post_attention"))
            self.sides.append(Side(*(read(name, self.hidden) for name in norms)))
        self.cos, self.sin = rope_tables(tokens, self.head_size, config["ropeTheta"], device, dtype)

    @staticmethod
    def bytes_of(config, item_size):
        """Bytes of all weights."""
        hidden, vocab, mlp = config["hiddenSize"], config["vocabSize"], config["mlpSize"]
        wide, narrow = config["queryHeads"] * config["headSize"], config["kvHeads"] * config["headSize"]
        layer = 2 * hidden * (wide + narrow) + 3 * hidden * mlp + 2 * hidden
        return item_size * (config["depth"] * layer + vocab * hidden * (1 if config["isTied"] else 2) + hidden)

    @staticmethod
    def working_bytes_of(config, tokens, item_size):
        """Bytes of one layer's intermediate results for one sample, about."""
        wide, narrow = config["queryHeads"] * config["headSize"], config["kvHeads"] * config["headSize"]
        return item_size * tokens * (6 * config["hiddenSize"] + 4 * config["mlpSize"] + 4 * (wide + narrow))

    def embed(self, token_ids):
        """[B, T] → [B, T, D]"""
        return F.embedding(token_ids, self.embedding)

    def layer(self, x, projections_from, side_from):
        """One decoder layer with the projections of one source layer and the norms of another (methods.md 1.5). x [B, T, D] → [B, T, D]"""
        return self.block(x, self.projections[projections_from], self.sides[side_from])

    def block(self, x, weights, side):
        """The same with any weights of a layer. x [B, T, D] → [B, T, D]"""
        x = x + self._attention(rms_norm(x, side.input_norm, self.eps), weights)
        gate, up = F.linear(rms_norm(x, side.post_attention_norm, self.eps), weights.gate_up).chunk(2, -1)  # [B, T, F] each
        return x + F.linear(F.silu(gate) * up, weights.down)

    def normed(self, x):
        """The final norm. x [B, T, D] → [B, T, D]"""
        return rms_norm(x, self.final_norm, self.eps)

    def logits(self, rows):
        """rows [R, D], after the final norm → [R, V] f32"""
        return F.linear(rows, self.head).float()

    def _attention(self, x, weights):
        batch, tokens, _ = x.shape
        heads, kv_heads, size = self.query_heads, self.kv_heads, self.head_size
        qkv = F.linear(x, weights.qkv).view(batch, tokens, heads + 2 * kv_heads, size).transpose(1, 2)  # [B, N + 2K, T, H]
        rotated = rotate(qkv[:, : heads + kv_heads], self.cos, self.sin)  # [B, N + K, T, H]
        mixed = F.scaled_dot_product_attention(
            rotated[:, :heads],
            rotated[:, heads:],
            qkv[:, heads + kv_heads :],
            is_causal=True,
            enable_gqa=heads != kv_heads,
        )  # [B, N, T, H]
        return F.linear(mixed.transpose(1, 2).reshape(batch, tokens, heads * size), weights.output)


def rms_norm(x, weight, eps):
    """Root-mean-square norm in f32, scaled in the type of x, as transformers does."""
    wide = x.float()
    return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)


def rope_tables(tokens, head_size, theta, device, dtype):
    """Rotary tables [T, H] for positions 0 … T-1; frequencies and angles in f32, as transformers computes them."""
    exponents = torch.arange(0, head_size, 2, dtype=torch.int64).float() / head_size
    angles = torch.outer(torch.arange(tokens).float(), 1.0 / (theta**exponents))  # [T, H/2]
    angles = torch.cat([angles, angles], -1)
    return angles.cos().to(device, dtype), angles.sin().to(device, dtype)


def rotate(x, cos, sin):
    """Rotates the first half of each head against the second. x [B, N, T, H] → [B, N, T, H]"""
    low, high = x.chunk(2, -1)
    return x * cos + torch.cat([-high, low], -1) * sin
