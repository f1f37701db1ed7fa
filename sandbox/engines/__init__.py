"""Pure kernels: extract, split, embed, rerank, generate, index. No network, no Prefect."""
