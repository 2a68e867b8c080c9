"""One model on one calibration matrix: the twin of src/engine/tfjs/session.ts.

Letters: B batch, T tokens, D hidden, V vocab, L layers. A plan is a list of `Wiring`, one an output layer.
"""

import os
import re
import resource
from typing import NamedTuple

import torch

from decoder import Decoder, Projections, Side, WeightShapes
from engine_error import EngineError
from in_f64 import WORKING_BYTES, cosines, wide
from placement import place_layers
from prefix_cache import PrefixCache
from safetensors_folder import SafetensorsFolder
from similarity import SimilarityCollector

UNITS = {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def is_out_of_memory(error):
    return isinstance(error, (torch.OutOfMemoryError, MemoryError)) or (
        isinstance(error, RuntimeError) and re.search("can't allocate memory|out of memory", str(error)) is not None
    )


def out_of_memory(needed, device):
    return EngineError(
        "ENGINE.OUT_OF_MEMORY", "out of memory", neededBytes=int(needed), freeBytes=int(free_bytes(device)), device=device.type
    )


def needed_bytes(error):
    """What the allocation that failed had asked for, 0 when it does not say."""
    asked = re.search(r"allocate ([\d.]+) (bytes|KiB|MiB|GiB)", str(error))
    return float(asked[1]) * UNITS[asked[2]] if asked else 0


def free_bytes(device):
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = int(re.search(r"MemAvailable: +(\d+) kB", file.read())[1]) * 1024
        with open("/proc/self/statm", encoding="ascii") as file:
            mapped = int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # not Linux
        return os.sysconf("SC_PHYS_PAGES") * resource.getpagesize()
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return free if limit == resource.RLIM_INFINITY else max(0, min(free, limit - mapped))


def angular_distances(boundaries):
    """arccos(cosine) / π between every two boundaries, averaged over samples, 0 on the diagonal (arXiv 2403.17887). [L+1, B, D] f64 → [L+1, L+1]"""
    units = boundaries / boundaries.norm(dim=-1, keepdim=True)
    cosines = torch.einsum("abd,cbd->acb", units, units).clamp(-1, 1)
    return (torch.arccos(cosines).mean(-1) / torch.pi).fill_diagonal_(0)


def is_finite(values):
    return bool(torch.isfinite(values).all())


class Wiring(NamedTuple):
    """One layer of a pruned model in source layers: the same on every engine, and the key of its state in the prefix cache."""

    terms: tuple  # ((layer, weight), …): its projections are this sum
    side_from: int  # norms and biases
    type_from: int  # the layer it is named after: its type of attention

    @staticmethod
    def of_source(layer):
        return Wiring(((layer, 1),), layer, layer)


class Session:
    def __init__(self, folder, config, tensors, token_ids, cache_bytes, devices, dtype):
        """token_ids [B][T], checked by the client. Raises ENGINE.OUT_OF_MEMORY before a weight is read when they cannot fit."""
        batch, tokens = len(token_ids), len(token_ids[0])
        item_size = torch.empty(0, dtype=dtype).element_size()
        # As tensors name them: "cuda" is called "cuda:0" there.
        devices = [torch.empty(0, device=device).device for device in devices]
        shapes = WeightShapes(tensors, config["depth"])
        needed = item_size * shapes.model_values + Decoder.working_bytes_of(config, tokens, item_size)
        free = [free_bytes(device) for device in devices]
        homes = place_layers(config["depth"], item_size * shapes.layer_values, needed, free)
        if homes is None:
            raise out_of_memory(needed, devices[0])
        homes = [devices[index] for index in homes]
        # States begin on the first device; what counts of them is computed on the last.
        self.device, self.dtype = homes[-1], dtype
        self.model = Decoder(SafetensorsFolder(folder), config, shapes, tokens, homes, dtype)
        self.token_ids = torch.tensor(token_ids, device=homes[0])
        self.targets = self.token_ids.to(homes[-1])
        state_bytes = batch * tokens * config["hiddenSize"] * item_size
        self.cache = PrefixCache(config["depth"], state_bytes, min(cache_bytes, sum(free) - needed))
        self.dense_last = None  # [B, T, D], after the final norm
        self.batch_samples = batch  # samples a step takes at once; halved when memory runs out

    @property
    def dense_path(self):
        return [Wiring.of_source(layer) for layer in range(self.model.depth)]

    def measure(self, path, quantity):
        dense_forwards = self._ensure_dense() if quantity == "cosine" else 0
        last, forwards = self._walk(path)
        values = self._cosines(last) if quantity == "cosine" else self._losses(last)
        if not is_finite(values):
            self._blame(path)
        return {**self._answer(dense_forwards + forwards), "perSample": values.tolist()}

    def layer_statistics(self, visit=lambda state: None):
        """`visit` sees the dense model's state [B, T, D] at each boundary, the embedding first."""
        state, influences = self.model.embed(self.token_ids).to(self.device), []
        last_tokens = [wide(state[:, -1])]
        visit(state)
        for layer in self.dense_path:
            following = self._step(layer, state).to(self.device)
            influences.append(1 - cosines(state.flatten(0, 1), following.flatten(0, 1)).mean().item())
            state = following
            last_tokens.append(wide(state[:, -1]))
            visit(state)
        if not is_finite(torch.tensor(influences)):
            self._blame(self.dense_path)
        distances = angular_distances(torch.stack(last_tokens))
        return {**self._answer(self.model.depth), "blockInfluence": influences, "angularDistance": distances.tolist()}

    def layer_similarity(self, sample_rows, token_rows):
        """The statistics, and how alike the layers are on these samples and tokens."""
        collector = SimilarityCollector(sample_rows, token_rows)
        statistics = self.layer_statistics(collector.add)
        return {**statistics, **collector.finish()}

    def block_gradients(self):
        """Per layer the sum of |w * dL/dw| over its matrices and norms; L is the mean next-token loss over all samples (Shortened-LLM's
        Taylor score). Backwards layer by layer, each computed again: no more than one layer's gradients are ever held."""
        if self.dtype != torch.float32:
            raise EngineError("ENGINE.NO_GRADIENTS", "gradients are taken in f32 alone")
        states = [self.model.embed(self.token_ids)]
        for layer in self.dense_path:
            states.append(self._step(layer, states[-1]))
        gradient, scores = self._loss_gradient(states.pop()), []
        for layer in reversed(range(self.model.depth)):
            gradient, score = self._layer_gradient(layer, states.pop(), gradient)
            scores.append(score)
        if not is_finite(torch.tensor(scores)):
            self._blame(self.dense_path)
        return {**self._answer(2 * self.model.depth), "scores": scores[::-1]}

    def logits(self, path):
        last, forwards = self._walk(path)
        values = self.model.logits(last.flatten(0, 1))  # [B*T, V]
        if not is_finite(values):
            self._blame(path)
        shape = [*self.token_ids.shape, self.model.vocab]
        return {**self._answer(forwards), "shape": shape, "values": values.flatten().tolist()}

    def _answer(self, forwards):
        return {"layerForwards": forwards, "batchSamples": self.batch_samples}

    def _in_chunks(self, run, state):
        """`run` over a few samples at a time. state [B, T, D] → [B, T, D]"""

        def run_all(chunks):
            if len(chunks) == 1:
                return run(state)
            result = None
            for chunk in chunks:
                part = run(state[chunk])
                result = part.new_empty(state.shape) if result is None else result
                result[chunk] = part
            return result

        return self._halving(run_all)

    def _halving(self, run_all):
        """What `run_all` makes of the calibration samples, given as slices: half as long ones after each time memory ran out."""
        batch = len(self.token_ids)
        while True:
            try:
                return run_all([slice(first, first + self.batch_samples) for first in range(0, batch, self.batch_samples)])
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                needed = needed_bytes(error)
            # Here the failed attempt's tensors are gone with its exception.
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            if self.batch_samples == 1:
                raise out_of_memory(needed, self.device)
            self.batch_samples = (self.batch_samples + 1) // 2

    def _step(self, layer, state):
        return self._in_chunks(lambda x: self.model.layer(x, layer), state)

    def _walk(self, path):
        """Runs the plan from the deepest state it shares with an earlier walk → last [B, T, D] after the final norm, layer forwards"""
        found = self.cache.begin(path)
        start, state = found if found else (0, self.model.embed(self.token_ids))
        kept = {} if found else {0: state}
        for boundary, layer in enumerate(path[start:], start + 1):
            state = self._step(layer, state)
            if self.cache.keeps(boundary) or boundary == len(path):
                kept[boundary] = state
        last = self._in_chunks(self.model.normed, state)
        self.cache.store(path, kept)
        return last, len(path) - start

    def _ensure_dense(self):
        """Measures the dense model once; returns what that cost."""
        if self.dense_last is not None:
            return 0
        last, forwards = self._walk(self.dense_path)
        if not is_finite(last):
            self._blame(self.dense_path)
        self.dense_last = last
        return forwards

    def _cosines(self, last):
        """Of the flattened last hidden states against the dense model's. [B, T, D] → [B]"""
        return cosines(last.flatten(1), self.dense_last.flatten(1))

    def _losses(self, last):
        """Mean next-token loss of each sample, in nats. [B, T, D] → [B] f64"""
        rows = max(1, WORKING_BYTES // (4 * self.model.vocab))
        losses = []
        for hidden, token_ids in zip(last, self.targets):
            parts = zip(hidden[:-1].split(rows), token_ids[1:].split(rows))
            values = [torch.nn.functional.cross_entropy(self.model.logits(x), y, reduction="none") for x, y in parts]
            losses.append(torch.cat(values))  # [T - 1]
        return torch.stack(losses).cpu().double().mean(-1)

    def _loss_gradient(self, state):
        """dL/dx of the last layer's output x. [B, T, D] → [B, T, D]"""
        rows = max(1, WORKING_BYTES // (4 * self.model.vocab))
        hidden, targets = state[:, :-1].flatten(0, 1), self.targets[:, 1:].flatten()
        parts = []
        for x, y in zip(hidden.split(rows), targets.split(rows)):
            with torch.enable_grad():
                x = x.detach().requires_grad_()
                logits = self.model.logits(self.model.normed(x))
                loss = torch.nn.functional.cross_entropy(logits, y, reduction="sum") / len(targets)
            parts.append(torch.autograd.grad(loss, x)[0])
        gradient = torch.zeros_like(state)
        gradient[:, :-1] = torch.cat(parts).view_as(state[:, :-1])
        return gradient

    def _layer_gradient(self, layer, state, gradient):
        """From dL/dy of a layer's output to dL/dx of its input x = state, and the layer's score."""
        weights, side, kind = self.model.projections[layer], self.model.sides[layer], self.model.layer_types[layer]
        present = [tensor for tensor in (*weights, *side) if tensor is not None]
        state, gradient = state.to(present[0].device), gradient.to(present[0].device)

        def run_all(chunks):
            inputs, sums = torch.empty_like(state), None
            for chunk in chunks:
                with torch.enable_grad():
                    leaves = [tensor.detach().requires_grad_() for tensor in (state[chunk], *present)]
                    given = iter(leaves[1:])
                    taken = [None if tensor is None else next(given) for tensor in (*weights, *side)]
                    output = self.model.block(leaves[0], Projections(*taken[:4]), Side(*taken[4:]), kind)
                inputs[chunk], *found = torch.autograd.grad(output, leaves, gradient[chunk])
                sums = found if sums is None else [total.add_(part) for total, part in zip(sums, found)]
            return inputs, sum((w * g).abs().sum().item() for w, g in zip(present, sums))

        return self._halving(run_all)

    def _blame(self, path):
        """Walks the plan again, finds the first result that is not finite and raises ENGINE.NON_FINITE naming it."""
        # The dense model may be at fault though a plan was asked about; then it is named.
        plan = {"denseDepth": len(path)} if path == self.dense_path else {}

        def check(where, state):
            if not is_finite(state):
                raise EngineError("ENGINE.NON_FINITE", f"{where} is not finite", where=where, **plan)
            return state

        state = check("embedding", self.model.embed(self.token_ids))
        for index, layer in enumerate(path):
            state = check(f"output of layer {index} (source layer {layer.type_from})", self._step(layer, state))
        check("final norm", self._in_chunks(self.model.normed, state))
        # All of it is finite: what was made of it is not.
        check("head, or the similarity of a hidden state of zeros,", torch.tensor(torch.nan))
