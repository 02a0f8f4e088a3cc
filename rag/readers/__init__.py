"""Readers that find a short answer in passages, where no large language model is at hand."""
