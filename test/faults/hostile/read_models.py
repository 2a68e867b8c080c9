"""The torch engine's reader and, where it accepts, the reference reader, over model folders named on standard input, one a line.

usage: read_models.py        answers one JSON object a line: {"code", "reference"}
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../packages/swm-core/python"))
from safetensors import SafetensorError, safe_open

from engine_error import EngineError
from safetensors_folder import SafetensorsFolder


def reference(folder):
    """Whether the safetensors library itself takes the single weights file; it would follow a link and wait on a pipe."""
    path = os.path.join(folder, "model.safetensors")
    if os.path.islink(path) or not os.path.isfile(path):
        return "refused"
    try:
        with safe_open(path, "np") as file:
            file.keys()
        return "accepted"
    except (OSError, SafetensorError):
        return "refused"


for line in sys.stdin:
    folder = line.rstrip("\n")
    try:
        SafetensorsFolder(folder)
        code = None
    except EngineError as error:
        code = error.code
    print(json.dumps({"code": code, "reference": reference(folder)}), flush=True)
