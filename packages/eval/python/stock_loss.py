"""Next-token loss of a model folder by stock transformers, in float32; prints one JSON object.

usage: stock_loss.py FOLDER TOKENS       TOKENS: JSON, token ids [B][T], rows of one length
A folder that is not complete is refused: transformers fills weights that are missing with random ones and goes on. No code of the
folder is run. Losses are natural logarithms, the mean over the T - 1 predicted tokens of each row.
"""
import json
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
import transformers


def main(folder: str, tokens: list[list[int]]) -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, use_safetensors=True, trust_remote_code=False, local_files_only=True, output_loading_info=True)
    problems = {kind: sorted(map(str, names)) for kind, names in report.items() if names}
    if problems:
        raise SystemExit(f"not every weight has its place: {json.dumps(problems)[:1000]}")
    model = model.to(device).eval()
    ids = torch.tensor(tokens, device=device)
    losses = []
    with torch.inference_mode():
        for row in ids:  # one at a time: logits are the largest tensor of all
            logits = model(row[None]).logits[0, :-1].float()
            losses.append(torch.nn.functional.cross_entropy(logits, row[1:]).item())
    print(json.dumps({
        "losses": losses, "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "parameters": sum(p.numel() for p in model.parameters()), "layers": model.config.num_hidden_layers,
        "torch": torch.__version__, "transformers": transformers.__version__,
    }))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
