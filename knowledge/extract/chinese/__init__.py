"""Chinese: words, names and relations, by a segmenter and patterns."""
