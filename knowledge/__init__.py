"""What documents say: chunks, entities and relations, kept in rows and searched through caches."""
