"""The graph: the ONNX interpreter of ops, the only home of onnx."""
