"""The forward pass of decoder-only models, by roles of weights and settings: no model family has a name here.

Letters: B batch, T tokens, D hidden, N query heads, K kv heads, H head size, F mlp, V vocab.
Which weights there are, and what they are called, the client says (its src/architecture): a step whose weight a family lacks is not done.
"""

import math
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
    """Norms and biases of one source layer; None where the family has none."""

    attention_norm: torch.Tensor | None  # [D], before attention
    attention_output_norm: torch.Tensor | None  # [D], on its output
    mlp_norm: torch.Tensor | None  # [D]
    mlp_output_norm: torch.Tensor | None  # [D]
    query_norm: torch.Tensor | None  # [H] for each head, [N*H] over all heads
    key_norm: torch.Tensor | None  # [H] or [K*H]
    qkv_bias: torch.Tensor | None  # [(N + 2K)*H]
    output_bias: torch.Tensor | None  # [D]


class WeightShapes:
    """What is to be read, as the client described it: {"model": {role: {name, shape}}, "layerPrefix", "layer": {role: {name, shape}}}."""

    def __init__(self, tensors, depth):
        self.model, self.layer, self.prefix, self.depth = tensors["model"], tensors["layer"], tensors["layerPrefix"], depth

    @property
    def layer_values(self):
        """Numbers in the weights of one layer."""
        return sum(math.prod(spec["shape"]) for spec in self.layer.values())

    @property
    def model_values(self):
        """Numbers in all weights."""
        return sum(math.prod(spec["shape"]) for spec in self.model.values()) + self.depth * self.layer_values


class Decoder:
    """Weights on one device or several. A layer of a plan is a `Wiring`: which source layers it takes what from."""

    def __init__(self, weights, config, shapes, tokens, homes, dtype):
        """`config` is the checked configuration of the client (ModelConfig); `tokens` is T; `homes` the device of each source layer."""
        self.depth, self.hidden, self.vocab = config["depth"], config["hiddenSize"], config["vocabSize"]
        self.query_heads, self.kv_heads, self.head_size = config["queryHeads"], config["kvHeads"], config["headSize"]
        self.eps, self.norm_offset = config["rmsNormEps"], config["normOffset"]
        self.attention_scale, self.attention_softcap = config["attentionScale"], config["attentionSoftcap"]
        self.embedding_scale, self.logit_softcap = config["embeddingScale"], config["logitSoftcap"]
        self.is_gelu, self.layer_types = config["activation"] == "gelu-tanh", config["layerTypes"]
        self.homes = homes
        first, last = homes[0], homes[-1]

        def reader(specs, prefix, device):
            def read(*roles):
                """The weights of these roles, one below the other; None where the family lacks them."""
                found = [weights.read(prefix + specs[role]["name"], specs[role]["shape"]) for role in roles if role in specs]
                if not found:
                    return None
                return (found[0] if len(found) == 1 else torch.cat(found)).to(device=device, dtype=dtype)

            return read

        read = reader(shapes.model, "", first)
        self.embedding = read("embedding")
        self.head = self.embedding.to(last) if config["isTied"] else reader(shapes.model, "", last)("head")
        self.final_norm = read("finalNorm").to(last)
        self.projections, self.sides = [], []
        for layer, home in enumerate(homes):
            read = reader(shapes.layer, f"{shapes.prefix}{layer}.", home)
            qkv = read("qkv") if "qkv" in shapes.layer else read("query", "key", "value")
            gate_up = read("gateUp") if "gateUp" in shapes.layer else read("gate", "up")
            self.projections.append(Projections(qkv, read("output"), gate_up, read("down")))
            norms = (read(role) for role in ("attentionNorm", "attentionOutputNorm", "mlpNorm", "mlpOutputNorm", "queryNorm", "keyNorm"))
            self.sides.append(Side(*norms, read("queryBias", "keyBias", "valueBias"), read("outputBias")))
        self.attention_of = {
            (kind, device): AttentionTables(config, kind, tokens, device, dtype) for kind in set(self.layer_types) for device in set(homes)
        }

    @staticmethod
    def working_bytes_of(config, tokens, item_size):
        """Bytes of one layer's intermediate results for one sample, about."""
        wide, narrow = config["queryHeads"] * config["headSize"], config["kvHeads"] * config["headSize"]
        scores = config["queryHeads"] * tokens if config["attentionSoftcap"] is not None else 0
        return item_size * tokens * (6 * config["hiddenSize"] + 4 * config["mlpSize"] + 4 * (wide + narrow) + 3 * scores)

    def embed(self, token_ids):
        """[B, T] → [B, T, D]"""
        x = F.embedding(token_ids, self.embedding)
        # transformers rounds the scale to the model's precision.
        return x if self.embedding_scale == 1 else x * torch.tensor(self.embedding_scale, dtype=x.dtype, device=x.device)

    def layer(self, x, wiring):
        """One decoder layer of a plan, on the device of the source layer it is called after. x [B, T, D] → [B, T, D]"""
        home = self.homes[wiring.type_from]
        side = Side(*(None if tensor is None else tensor.to(home) for tensor in self.sides[wiring.side_from]))
        return self.block(x.to(home), self.combined(wiring.terms, home), side, self.layer_types[wiring.type_from])

    def combined(self, terms, home):
        """The projections that a sum of source layers makes, in f32 and rounded once (methods.md 1.5); a source layer's own where there is one term."""
        if len(terms) == 1 and terms[0][1] == 1:
            return Projections(*(tensor.to(home) for tensor in self.projections[terms[0][0]]))

        def total(tensors):
            found = None
            for (_, weight), tensor in zip(terms, tensors):
                part = tensor.to(home).float() * weight
                found = part if found is None else found.add_(part)
            return found.to(tensors[0].dtype)

        members = (self.projections[layer] for layer, _ in terms)
        return Projections(*(total(tensors) for tensors in zip(*members)))

    def block(self, x, weights, side, kind):
        """One layer with any weights; `kind` is its type of attention, full or sliding. x [B, T, D] → [B, T, D]"""
        mixed = self._attention(self._norm(x, side.attention_norm), weights, side, self.attention_of[kind, x.device])
        x = x + self._norm(mixed, side.attention_output_norm)
        gate, up = F.linear(self._norm(x, side.mlp_norm), weights.gate_up).chunk(2, -1)  # [B, T, F] each
        active = F.gelu(gate, approximate="tanh") if self.is_gelu else F.silu(gate)
        return x + self._norm(F.linear(active * up, weights.down), side.mlp_output_norm)

    def normed(self, x):
        """The final norm. x [B, T, D] → [B, T, D]"""
        return self._norm(x.to(self.final_norm.device), self.final_norm)

    def logits(self, rows):
        """rows [R, D], after the final norm → [R, V] f32"""
        logits = F.linear(rows, self.head).float()
        cap = self.logit_softcap
        return logits if cap is None else torch.tanh(logits / cap) * cap

    def _norm(self, x, weight):
        """Root-mean-square norm over the last axis, in f32; x itself where there is no weight."""
        if weight is None:
            return x
        if self.norm_offset == 0:
            return F.rms_norm(x, weight.shape, weight, self.eps)
        return F.rms_norm(x.float(), weight.shape, self.norm_offset + weight.float(), self.eps).to(x.dtype)

    def _attention(self, x, weights, side, tables):
        batch, tokens, _ = x.shape
        heads, kv_heads, size = self.query_heads, self.kv_heads, self.head_size
        qkv = F.linear(x, weights.qkv, side.qkv_bias)
        if side.query_norm is None:
            qkv = qkv.view(batch, tokens, heads + 2 * kv_heads, size).transpose(1, 2)  # [B, N + 2K, T, H]
            turning, values = qkv.split([heads + kv_heads, kv_heads], 1)
        else:
            turning, values = self._normed_heads(qkv, side)
        query, key = tables.rotate(turning).split([heads, kv_heads], 1)
        mixed = self._attend(query, key, values, tables)  # [B, N, T, H]
        return F.linear(mixed.transpose(1, 2).reshape(batch, tokens, heads * size), weights.output, side.output_bias)

    def _normed_heads(self, qkv, side):
        """qkv [B, T, (N + 2K)*H] → queries and keys with their norms [B, N + K, T, H], values [B, K, T, H]"""
        batch, tokens, _ = qkv.shape
        heads, kv_heads, size = self.query_heads, self.kv_heads, self.head_size
        parts = qkv.split([heads * size, kv_heads * size, kv_heads * size], -1)
        if side.query_norm.numel() == size and heads > 1:  # each head by itself
            query, key, values = (part.view(batch, tokens, -1, size) for part in parts)
            query, key = self._norm(query, side.query_norm), self._norm(key, side.key_norm)
        else:  # over all heads
            query, key = self._norm(parts[0], side.query_norm), self._norm(parts[1], side.key_norm)
            query, key, values = (part.view(batch, tokens, -1, size) for part in (query, key, parts[2]))
        return torch.cat([query, key], 2).transpose(1, 2), values.transpose(1, 2)

    def _attend(self, query, key, values, tables):
        """query [B, N, T, H], key and values [B, K, T, H] → [B, N, T, H]"""
        is_grouped = self.query_heads != self.kv_heads
        if self.attention_softcap is None:
            return F.scaled_dot_product_attention(
                query, key, values, attn_mask=tables.mask, is_causal=tables.mask is None, scale=self.attention_scale, enable_gqa=is_grouped
            )
        if is_grouped:
            key, values = (part.repeat_interleave(self.query_heads // self.kv_heads, 1) for part in (key, values))
        scores = torch.tanh(query @ key.transpose(2, 3) * self.attention_scale / self.attention_softcap) * self.attention_softcap
        scores = scores.masked_fill(~tables.visible, float("-inf"))
        return torch.softmax(scores, -1, dtype=torch.float32).to(query.dtype) @ values


class AttentionTables:
    """What attention needs besides weights: the same for all layers of a type on a device."""

    def __init__(self, config, kind, tokens, device, dtype):
        # Angles in f32, as transformers computes them.
        frequencies = torch.tensor(config["ropeFrequencies"][kind], dtype=torch.float32)
        angles = torch.outer(torch.arange(tokens).float(), frequencies)  # [T, H/2]
        self.cos, self.sin = angles.cos().to(device, dtype), angles.sin().to(device, dtype)
        position = torch.arange(tokens, device=device)
        window = config["slidingWindow"] if kind == "sliding" else None
        self.visible = position[None] <= position[:, None]  # [T, T]: what a token sees
        if window is not None:
            self.visible &= position[None] > position[:, None] - window
        self.mask = None if window is None or window >= tokens else self.visible

    def rotate(self, x):
        """Rotates the first half of each head against the second (arXiv 2104.09864). x [B, n, T, H] → [B, n, T, H]"""
        low, high = x.chunk(2, -1)
        return torch.cat([(low * self.cos).addcmul_(high, self.sin, value=-1), (high * self.cos).addcmul_(low, self.sin)], -1)
