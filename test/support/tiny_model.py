"""A random Llama with a real byte-level BPE tokenizer, small enough for the whole pipeline to run in seconds.

usage: tiny_model.py FOLDER TEXT_FILE [LAYERS] [SEED]
"""
import os
import sys

os.environ.update(HF_HUB_OFFLINE="1", TRANSFORMERS_OFFLINE="1")
import torch
from transformers import LlamaConfig, LlamaForCausalLM

import tiny_tokenizer

folder, text_file = sys.argv[1:3]
layers = int(sys.argv[3]) if len(sys.argv) > 3 else 24
torch.manual_seed(int(sys.argv[4]) if len(sys.argv) > 4 else 0)
config = LlamaConfig(vocab_size=tiny_tokenizer.VOCAB_SIZE, hidden_size=64, intermediate_size=128, num_hidden_layers=layers,
                     num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024, tie_word_embeddings=True, bos_token_id=0,
                     eos_token_id=1, initializer_range=0.06)
LlamaForCausalLM(config).save_pretrained(folder)
tiny_tokenizer.train(text_file).save_pretrained(folder)
