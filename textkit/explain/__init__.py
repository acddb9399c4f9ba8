"""What a trained model saw: attributions, attacks, what drives a class. Reads models, trains none."""
