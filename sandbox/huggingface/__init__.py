"""The model page of huggingface.co, as far as provisioning asks for it: is it there, and how large is it."""
