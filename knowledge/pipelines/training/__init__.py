"""Trains, packages and scores the pipelines. Nothing else of Wellspring imports it."""
