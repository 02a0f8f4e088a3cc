"""The connectors that come with Wellspring, one file a source."""
