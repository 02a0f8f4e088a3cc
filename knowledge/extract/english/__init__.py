"""English: names and relations, by a spaCy pipeline and rules on its parses."""
