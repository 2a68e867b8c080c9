"""A real byte-level BPE tokenizer of 1,024 ids for tiny models. usage: import only"""
import json

from tokenizers import ByteLevelBPETokenizer
from transformers import PreTrainedTokenizerFast

VOCAB_SIZE = 1024


def train(text_file):
    """Trained on the `text` of a JSON Lines file; <s> is 0 and </s> is 1."""
    with open(text_file) as file:
        texts = [json.loads(line)["text"] for line in file]
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(texts, vocab_size=VOCAB_SIZE, special_tokens=["<s>", "</s>"])
    return PreTrainedTokenizerFast(tokenizer_object=bpe._tokenizer, bos_token="<s>", eos_token="</s>")
