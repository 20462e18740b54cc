"""The history's schema, one numbered file a step."""
