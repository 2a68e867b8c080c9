"""Generation latency of a model folder by transformers, batch 1; prints one JSON object.

usage: latency.py FOLDER PROTOCOL        PROTOCOL: PAPER or QUICK
PAPER (Shortened-LLM's script, also used by the SWM paper): its prompt, exactly 128 new tokens, KV cache, sampling with top_k 50,
top_p 0.95, temperature 1, 30 runs of which the first 10 warm up, seed 1234. QUICK: the same with 32 new tokens, 2 + 5 runs.
Times are wall-clock milliseconds around `generate`, synchronised on a GPU. dtype: float16 on a GPU, float32 on a CPU.
One measurement at a time per user and machine: others wait. `involuntarySwitchesPerSecond` says how often other work pushed this
process off its cores while samples were taken: a few on a quiet machine.
"""
import fcntl
import json
import os
import resource
import sys
import tempfile
import time

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
import transformers

PROMPT = "The Leaning Tower of Pisa is known for"
PROTOCOLS = {"PAPER": (128, 10, 20), "QUICK": (32, 2, 5)}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def take_machine():
    """The lock that keeps a second measurement out; the system lets go of it when this process ends, however it ends."""
    lock = open(os.path.join(tempfile.gettempdir(), f"swm-latency-{os.getuid()}.lock"), "a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another measurement on this machine")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def main(folder: str, protocol: str) -> None:
    new_tokens, warm_up, recorded = PROTOCOLS[protocol]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.float16 if device == "cuda" else torch.float32
    safe = {"trust_remote_code": False, "local_files_only": True}
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safe)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, use_safetensors=True, **safe)
    model = model.to(device).eval()
    inputs = tokenizer(PROMPT, return_tensors="pt").to(device)
    prompt_tokens = inputs["input_ids"].shape[1]
    total = prompt_tokens + new_tokens
    lock = take_machine()
    torch.manual_seed(1234)
    samples = []
    pushed_off = 0
    for run in range(warm_up + recorded):
        if device == "cuda":
            torch.cuda.synchronize()
        switches = resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw
        start = time.perf_counter()
        with torch.inference_mode():
            output = model.generate(**inputs, do_sample=True, top_k=50, top_p=0.95, temperature=1.0, use_cache=True,
                                    max_length=total, min_length=total, pad_token_id=0)
        if device == "cuda":
            torch.cuda.synchronize()
        elapsed = (time.perf_counter() - start) * 1000
        if output.shape[1] != total:
            raise SystemExit(f"expected {total} tokens, got {output.shape[1]}")
        if run >= warm_up:
            samples.append(elapsed)
            pushed_off += resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw - switches
        say(f"run {run + 1}/{warm_up + recorded}")
    lock.close()
    print(json.dumps({
        "samplesMs": samples, "promptTokens": prompt_tokens, "newTokens": new_tokens,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu", "dtype": str(dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(), "torch": torch.__version__, "transformers": transformers.__version__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "involuntarySwitchesPerSecond": 1000 * pushed_off / sum(samples),
    }))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
