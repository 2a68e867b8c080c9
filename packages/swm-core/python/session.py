"""One model on one calibration matrix: the twin of src/engine/tfjs/session.ts.

Letters: B batch, T tokens, D hidden, V vocab, L layers. A plan is a list of (projections_from, side_from), one an output layer.
"""

import os
import re
import resource

import torch

from engine_error import EngineError
from llama import Llama
from prefix_cache import PrefixCache
from safetensors_folder import SafetensorsFolder

# Logits, or hidden states in f64, that are held at once.
WORKING_BYTES = 1 << 27
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


def wide(values):
    """The values in f64; a device without f64 (MPS) hands them to the CPU."""
    return (values.cpu() if values.device.type == "mps" else values).double()


def cosines(a, b):
    """Cosine of each row, accumulated in f64. a, b [R, X] → [R] on the CPU"""
    rows = max(1, WORKING_BYTES // (8 * a.shape[-1]))
    parts = ((wide(x), wide(y)) for x, y in zip(a.split(rows), b.split(rows)))
    return torch.cat([(x * y).sum(-1) / torch.sqrt((x * x).sum(-1) * (y * y).sum(-1)) for x, y in parts]).cpu()


def is_finite(values):
    return bool(torch.isfinite(values).all())


class Session:
    def __init__(self, folder, config, token_ids, cache_bytes, device, dtype):
        """token_ids [B][T], checked by the client. Raises ENGINE.OUT_OF_MEMORY before a weight is read when they cannot fit."""
        batch, tokens = len(token_ids), len(token_ids[0])
        item_size = torch.empty(0, dtype=dtype).element_size()
        needed = Llama.bytes_of(config, item_size) + Llama.working_bytes_of(config, tokens, item_size)
        free = free_bytes(device)
        if needed > free:
            raise out_of_memory(needed, device)
        self.device, self.dtype = device, dtype
        self.model = Llama(SafetensorsFolder(folder), config, tokens, device, dtype)
        self.token_ids = torch.tensor(token_ids, device=device)
        state_bytes = batch * tokens * config["hiddenSize"] * item_size
        self.cache = PrefixCache(config["depth"], state_bytes, min(cache_bytes, free - needed))
        self.dense_last = None  # [B, T, D], after the final norm
        self.batch_samples = batch  # samples a step takes at once; halved when memory runs out

    @property
    def dense_path(self):
        return [(layer, layer) for layer in range(self.model.depth)]

    def measure(self, path, quantity):
        dense_forwards = self._ensure_dense() if quantity == "cosine" else 0
        last, forwards = self._walk(path)
        values = self._cosines(last) if quantity == "cosine" else self._losses(last)
        if not is_finite(values):
            self._blame(path)
        return {**self._answer(dense_forwards + forwards), "perSample": values.tolist()}

    def layer_statistics(self):
        state, influences = self.model.embed(self.token_ids), []
        for layer in self.dense_path:
            following = self._step(layer, state)
            influences.append(1 - cosines(state.flatten(0, 1), following.flatten(0, 1)).mean().item())
            state = following
        if not is_finite(torch.tensor(influences)):
            self._blame(self.dense_path)
        return {**self._answer(self.model.depth), "blockInfluence": influences}

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
        """`run` over a few samples at a time, half as many after each time memory ran out. state [B, T, D] → [B, T, D]"""
        while True:
            try:
                if self.batch_samples >= len(state):
                    return run(state)
                result = torch.empty_like(state)
                for first in range(0, len(state), self.batch_samples):
                    chunk = slice(first, first + self.batch_samples)
                    result[chunk] = run(state[chunk])
                return result
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                needed = needed_bytes(error)
            # Here the failed attempt's tensors are gone with its exception.
            result = None
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
            if self.batch_samples == 1:
                raise out_of_memory(needed, self.device)
            self.batch_samples = (min(self.batch_samples, len(state)) + 1) // 2

    def _step(self, layer, state):
        return self._in_chunks(lambda x: self.model.layer(x, *layer), state)

    def _walk(self, path, is_dense=False):
        """Runs the plan from the deepest state it shares with an earlier walk → last [B, T, D] after the final norm, layer forwards"""
        found = self.cache.begin(path)
        start, state = found if found else (0, self.model.embed(self.token_ids))
        kept = {} if found else {0: state}
        for boundary, layer in enumerate(path[start:], start + 1):
            state = self._step(layer, state)
            if self.cache.keeps(boundary) or boundary == len(path):
                kept[boundary] = state
        last = self._in_chunks(self.model.normed, state)
        self.cache.store(path, kept, is_dense)
        return last, len(path) - start

    def _ensure_dense(self):
        """Measures the dense model once; returns what that cost."""
        if self.dense_last is not None:
            return 0
        last, forwards = self._walk(self.dense_path, True)
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
        for hidden, token_ids in zip(last, self.token_ids):
            parts = zip(hidden[:-1].split(rows), token_ids[1:].split(rows))
            values = [torch.nn.functional.cross_entropy(self.model.logits(x), y, reduction="none") for x, y in parts]
            losses.append(torch.cat(values))  # [T - 1]
        return torch.stack(losses).cpu().double().mean(-1)

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
            state = check(f"output of layer {index} (source layer {layer[0]})", self._step(layer, state))
        check("final norm", self._in_chunks(self.model.normed, state))
        # All of it is finite: what was made of it is not.
        check("head, or the similarity of a hidden state of zeros,", torch.tensor(torch.nan))
