"""The commands of training: evaluate and train."""
