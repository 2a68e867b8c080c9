/** Token ids for a model of Llama-2-7B's shape, which has no tokenizer; search_torch.bench.py takes the same. [10][128] */
export const shapeTokenIds = Array.from({ length: 10 }, (_, row) =>
  Array.from({ length: 128 }, (_, at) => (row * 7919 + at * 104_729) % 32_000),
);
