"""The stories: from text to a trained model, each readable from top to bottom."""
