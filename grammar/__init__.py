"""The language: grammar, tree, parser, formatter."""
