"""The graph of what a network computes: as a drawing and as ONNX."""
