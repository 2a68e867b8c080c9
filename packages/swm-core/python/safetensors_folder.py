"""Weights of a model folder: model.safetensors, or the shards of its index. Nothing else in the folder is ever opened:
no pickle, no Python file, no link, no name that leaves the folder."""

import json
import os
import re

from safetensors import SafetensorError, safe_open

from engine_error import EngineError

SINGLE_FILE = "model.safetensors"
INDEX_FILE = "model.safetensors.index.json"
MAX_INDEX_BYTES = 16_000_000
PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,241}\.safetensors")
FLOATS = {"F32", "F16", "BF16"}


def unreadable(message):
    return EngineError("ENGINE.WEIGHTS_UNREADABLE", message)


class SafetensorsFolder:
    """Tensors by name. Raises EngineError ENGINE.WEIGHTS_UNREADABLE for whatever is not as it should be."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {}
        # transformers looks for the single file first, so a stale index beside it is ignored there and here.
        if os.path.lexists(os.path.join(folder, SINGLE_FILE)):
            self.shard_of = dict.fromkeys(self._open(SINGLE_FILE).keys(), SINGLE_FILE)
        else:
            self.shard_of = self._read_index()

    def read(self, name, shape):
        """The tensor as stored, on the CPU; `shape` is what the configuration asks for."""
        file_name = self.shard_of.get(name)
        if file_name is None:
            raise unreadable(f"The weight {name} is missing.")
        try:
            part = self._open(file_name).get_slice(name)
            found, dtype = list(part.get_shape()), part.get_dtype()
            if found != list(shape) or dtype not in FLOATS:
                raise unreadable(f"The weight {name} is {dtype} {found}, not {list(shape)} in F32, F16 or BF16.")
            return self._open(file_name).get_tensor(name)
        except SafetensorError as error:
            raise unreadable(f"The weight {name} cannot be read from {file_name}: {error}") from error

    def _path(self, file_name):
        path = os.path.join(self.folder, file_name)
        if os.path.islink(path) or not os.path.isfile(path):
            raise unreadable(f"{file_name} is not a regular file of the model's folder.")
        return path

    def _open(self, file_name):
        if file_name not in self.files:
            if not PLAIN_NAME.fullmatch(file_name) or ".." in file_name:
                raise unreadable("The index names a file outside the model's folder.")
            try:
                self.files[file_name] = safe_open(self._path(file_name), "pt", device="cpu")
            except (OSError, SafetensorError) as error:
                raise unreadable(f"{file_name} cannot be read: {error}") from error
        return self.files[file_name]

    def _read_index(self):
        path = self._path(INDEX_FILE)
        if os.path.getsize(path) > MAX_INDEX_BYTES:
            raise unreadable(f"{INDEX_FILE} is too large.")
        try:
            with open(path, encoding="utf-8") as file:
                weight_map = json.load(file)["weight_map"]
            return {str(name): str(file_name) for name, file_name in weight_map.items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise unreadable(f"{INDEX_FILE} cannot be read.") from error
