"""Perplexity of a model folder as the SWM paper measures it, by transformers in float32; prints one JSON object.

usage: perplexity.py FOLDER TEXT ROWS SEGMENT BATCH LIMIT
TEXT is a plain text file. ROWS says how its lines are rows of the data set: `wikitext2` keeps each line's end and makes a blank line
an empty row, `ptb` strips lines. Rows are joined with blank lines, tokenised without special tokens, BOS first (where the model has
one), cut into segments of SEGMENT tokens without overlap; the rest and the last incomplete batch are dropped. LIMIT: so many
segments, in whole batches; 0 for all. Every segment's loss is the mean over its SEGMENT - 1 predicted tokens, natural logarithm.
"""
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
import transformers


def read_rows(path: str, kind: str) -> list[str]:
    with open(path, encoding="utf-8", newline="\n") as file:
        if kind == "ptb":
            return [line.strip() for line in file]
        return [line if line.strip() else "" for line in file]


def main(folder: str, path: str, kind: str, segment: int, batch: int, limit: int) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    safe = {"trust_remote_code": False, "local_files_only": True}
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safe)
    ids = tokenizer("\n\n".join(read_rows(path, kind)), add_special_tokens=False).input_ids
    if tokenizer.bos_token_id is not None:
        ids = [tokenizer.bos_token_id, *ids]
    count = len(ids) // segment
    if limit:
        count = min(count, -(-limit // batch) * batch)
    count -= count % batch
    if count == 0:
        raise SystemExit(f"the text has {len(ids)} tokens, {batch} segments of {segment} are the least")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_safetensors=True, **safe)
    model = model.to(device).eval()
    segments = torch.tensor(ids[:count * segment], device=device).view(count, segment)
    losses = []
    for first in range(0, count, batch):
        rows = segments[first:first + batch]
        with torch.inference_mode():
            logits = model(rows, use_cache=False).logits[:, :-1].float()
            loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), rows[:, 1:], reduction="none").mean(dim=1)
        losses += loss.tolist()
        print(f"segment {len(losses)}/{count}", file=sys.stderr, flush=True)
    print(json.dumps({
        "losses": losses, "hasBos": tokenizer.bos_token_id is not None,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "torch": torch.__version__, "transformers": transformers.__version__,
    }))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], *map(int, sys.argv[4:7]))
