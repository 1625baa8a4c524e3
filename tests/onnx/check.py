"""check.py MODEL.onnx: ONNX's own checker, with shape inference; prints the declared interface."""
import sys

import onnx

# Given a path, the checker of onnx 1.12 would write the inferred shapes back into the file.
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
for value in list(model.graph.input) + list(model.graph.output):
    extents = [d.dim_param or d.dim_value for d in value.type.tensor_type.shape.dim]
    print(value.name, *extents)
