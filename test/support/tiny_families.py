"""A tiny random checkpoint of every supported model family, each with whatever sets it apart switched on: six layers, grouped queries,
norms and biases drawn at random, both layer types where they alternate and a window shorter than the test's rows.

usage: tiny_families.py ROOT TEXT_FILE        makes ROOT/<family> for each
"""
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
import transformers

import tiny_tokenizer

root, text_file = sys.argv[1:3]
SHAPE = dict(
    vocab_size=tiny_tokenizer.VOCAB_SIZE, hidden_size=32, intermediate_size=64, num_hidden_layers=6, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=256, bos_token_id=0, eos_token_id=1, pad_token_id=1, initializer_range=0.15,
)
WINDOW = 5
LLAMA3_ROPE = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
               "original_max_position_embeddings": 16}
# Family: its class, and the settings beside SHAPE.
FAMILIES = {
    "llama": ("Llama", dict(tie_word_embeddings=False, rope_parameters=LLAMA3_ROPE)),
    "mistral": ("Mistral", dict(tie_word_embeddings=False, sliding_window=WINDOW, head_dim=12)),
    "qwen2": ("Qwen2", dict(tie_word_embeddings=True, use_sliding_window=True, sliding_window=WINDOW, max_window_layers=4)),
    "qwen3": ("Qwen3", dict(tie_word_embeddings=True, head_dim=12)),
    "gemma2": ("Gemma2", dict(head_dim=12, query_pre_attn_scalar=10, sliding_window=WINDOW, attn_logit_softcapping=4.0, final_logit_softcapping=6.0)),
    "gemma3_text": ("Gemma3", dict(head_dim=12, query_pre_attn_scalar=10, sliding_window=WINDOW, sliding_window_pattern=3, rope_parameters={
        "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0}})),
    "phi3": ("Phi3", dict(tie_word_embeddings=False, sliding_window=WINDOW)),
    "olmo2": ("Olmo2", dict(tie_word_embeddings=False)),
}
SUFFIXES = {"Gemma3": ("Gemma3TextConfig", "Gemma3ForCausalLM")}

tokenizer = tiny_tokenizer.train(text_file)
for seed, (family, (name, settings)) in enumerate(FAMILIES.items()):
    torch.manual_seed(seed)
    config_name, model_name = SUFFIXES.get(name, (f"{name}Config", f"{name}ForCausalLM"))
    model = getattr(transformers, model_name)(getattr(transformers, config_name)(**SHAPE, **settings))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 1:  # norms and biases, which begin as ones and zeros
                parameter.add_(0.3 * torch.randn_like(parameter))
    folder = os.path.join(root, family)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
