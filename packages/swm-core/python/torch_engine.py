"""The torch engine's side process: JSON lines over stdio, one request a line, answered in order.

usage: torch_engine.py DEVICE DTYPE        DEVICE auto, cuda, mps or cpu; DTYPE f32, bf16 or f16

The first line out is a greeting {protocol, torch, backend, deviceName, dtype, tf32, threads}, or {error} when torch cannot be used.
A request {id, call, …} is answered by {id, value} or {id, error: {code, message, details}}. The end of the input ends the process;
whatever is a bug of this program ends it too, with its traceback on stderr. stdout carries nothing but the protocol.
"""

import json
import os
import platform
import re
import sys

from engine_error import EngineError

PROTOCOL = 2


def take_stdout():
    """The protocol's own stream; what any library prints goes to stderr."""
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8", newline="\n")
    os.dup2(2, 1)
    return protocol


def error_of(error):
    return {"code": error.code, "message": str(error), "details": error.details}


def choose_device(torch, wanted):
    """auto: cuda, then mps, then cpu."""
    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted != "auto" and not has[wanted]:
        raise EngineError("ENGINE.UNAVAILABLE", f"torch finds no {wanted} device here")
    return torch.device(wanted if wanted != "auto" else next(name for name, is_there in has.items() if is_there))


def device_name(torch, device):
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return re.search(r"model name\s*: (.+)", file.read())[1]
    except (OSError, TypeError):
        return platform.processor() or platform.machine()


def prepare(wanted_device, wanted_dtype):
    """torch, device and number format, plain f32 arithmetic: neither TF32 nor sums in 16 bits → (greeting, device, dtype)"""
    try:
        import torch
        import safetensors  # noqa: F401
    except (ImportError, OSError) as error:
        raise EngineError("ENGINE.UNAVAILABLE", str(error)) from error
    device = choose_device(torch, wanted_device)
    torch.set_float32_matmul_precision("highest")
    matmul = torch.backends.cuda.matmul
    matmul.allow_fp16_reduced_precision_reduction = False
    matmul.allow_bf16_reduced_precision_reduction = False
    torch.backends.cudnn.allow_tf32 = False
    hello = {
        "protocol": PROTOCOL,
        "torch": torch.__version__,
        "backend": device.type,
        "deviceName": device_name(torch, device),
        "dtype": wanted_dtype,
        "tf32": torch.get_float32_matmul_precision() != "highest",
        "threads": torch.get_num_threads(),
    }
    return hello, device, {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[wanted_dtype]


def answer(session, request, wiring):
    call = request["call"]
    if call == "layerStatistics":
        return session.layer_statistics()
    if call == "layerSimilarity":
        return session.layer_similarity(request["sampleRows"], request["tokenRows"])
    if call == "blockGradients":
        return session.block_gradients()
    path = [wiring(*layer) for layer in request["layers"]]
    return session.measure(path, request["quantity"]) if call == "measure" else session.logits(path)


def serve(lines, send, device, dtype):
    import torch

    from session import Session, Wiring, is_out_of_memory, needed_bytes, out_of_memory

    def wiring(terms, side_from, type_from):
        return Wiring(tuple(tuple(term) for term in terms), side_from, type_from)

    # All of a machine's GPUs, the first alone where the model fits on it.
    devices = [torch.device("cuda", index) for index in range(torch.cuda.device_count())] if device.type == "cuda" else [device]
    session = None
    for line in lines:
        request = json.loads(line)
        try:
            with torch.no_grad():
                if request["call"] == "open":
                    fields = (request[name] for name in ("folder", "config", "tensors", "tokenIds", "cacheBytes"))
                    session = Session(*fields, devices, dtype)
                    value = {"batchSamples": session.batch_samples}
                else:
                    value = answer(session, request, wiring)
            reply = {"value": value}
        except EngineError as error:
            reply = {"error": error_of(error)}
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            reply = {"error": error_of(out_of_memory(needed_bytes(error), device))}
        send({"id": request["id"], **reply})


def main():
    protocol = take_stdout()

    def send(message):
        # NaN is an error, never a value.
        protocol.write(json.dumps(message, allow_nan=False) + "\n")
        protocol.flush()

    try:
        hello, device, dtype = prepare(*sys.argv[1:3])
    except EngineError as error:
        send({"error": error_of(error)})
        return
    send(hello)
    serve(sys.stdin, send, device, dtype)


if __name__ == "__main__":
    main()
