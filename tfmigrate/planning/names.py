"""Names of classes, instances, attributes and arguments in the emitted code."""

from __future__ import annotations

import keyword
import re
from collections.abc import Collection

from tfmigrate.walk.regions import Path
from tfmigrate.walk.values import Const

# What can't be set on a Keras layer, or means something there.
RESERVED = {
    "add_loss", "add_metric", "add_variable", "add_weight", "autocast", "build", "built", "call", "compute_dtype",
    "compute_mask", "compute_output_shape", "compute_output_spec", "count_params", "dtype", "dtype_policy",
    "from_config", "get_build_config", "get_config", "get_weights", "input", "input_dtype", "input_spec", "inputs",
    "load_own_variables", "losses", "metrics", "metrics_variables", "name", "name_scope", "non_trainable_variables",
    "non_trainable_weights", "output", "outputs", "path", "quantization_mode", "quantize", "save_own_variables",
    "set_weights", "stateless_call", "stop_evaluating", "supports_jit", "supports_masking", "symbolic_call",
    "trainable", "trainable_variables", "trainable_weights", "variable_dtype", "variables", "weights", "kwargs", "self",
    "activity_regularizer", "graph", "mask", "training_arg", "submodules", "updates", "state_updates",
    "build_from_config", "call_signature_parameters", "quantized_build", "quantized_call", "rematerialized_call",
    # what Keras and TensorFlow keep on a layer for themselves
    "_allow_non_tensor_positional_args", "_api_export_path", "_auto_config", "_build_at_init", "_build_shapes_dict",
    "_call_context_args", "_call_signature", "_called", "_clear_losses", "_convert_input_args", "_dtype_policy",
    "_flatten_layers", "_inbound_nodes", "_initialize_tracker", "_input_spec", "_layers", "_lock", "_lock_state",
    "_loss_ids", "_losses", "_losses_override", "_maybe_build", "_metrics", "_no_dependency",
    "_non_trainable_variables", "_obj_type", "_open_name_scope", "_outbound_nodes", "_parent_path", "_path",
    "_post_build", "_remat_mode", "_seed_generators", "_setattr_hook", "_setattr_tracking", "_supports_masking",
    "_track_trackable", "_track_variable", "_tracked", "_tracker", "_trainable", "_trainable_variables",
    "_untrack_variable", "_update_uid",
}  # fmt: skip


def class_name(function_name: str, taken: Collection[str]) -> str:
    """`discriminator` becomes `Discriminator`, `_fc` becomes `_Fc`; a taken name gets `Layer` behind it."""
    bare = function_name.lstrip("_")
    lead = "_" * min(1, len(function_name) - len(bare))
    words = [word for word in bare.split("_") if word]
    camel = "".join(word[0].upper() + word[1:] for word in words) or "Block"
    if camel[0].isdigit():
        camel = f"Layer{camel}"
    name = lead + camel
    if name in taken or keyword.iskeyword(name):
        name += "Layer"
    return unique(name, taken)


def unique(name: str, taken: Collection[str]) -> str:
    """The name itself, or with the first number behind it that is free."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate


def identifier(text: str) -> str:
    """A scope's name as an identifier: `g_h0`; `Matrix` is `matrix`, `LayerNorm` `layer_norm`, `conv-1` `conv_1`."""
    name = re.sub(r"\W+", "_", text).strip("_") or "layer"
    if not re.search(r"[a-z]", name) or re.fullmatch(r"[A-Z][a-z0-9_]*", name):
        name = name.lower()
    elif re.fullmatch(r"([A-Z][a-z]+){2,}(_\d+)?", name):
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    if name[0].isdigit():
        name = f"layer_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def path_identifier(path: Path, fallback: str, shortest: int = 2) -> tuple[str, bool]:
    """The identifier of a relative path, and whether it holds symbols (a list then). shortest: of its literal part."""
    literal = "_".join(_literal(segment) for segment in path)
    literal = re.sub(r"_+", "_", literal).strip("_")
    symbolic = any(not isinstance(segment, Const) for segment in path)
    if symbolic and len(literal) < shortest:
        literal = fallback
    return identifier(literal or fallback), symbolic


def _literal(segment: object) -> str:
    if isinstance(segment, Const):
        return str(segment.value)
    parts = getattr(segment, "parts", ())
    return "".join(part if isinstance(part, str) else "_" for part in parts)


def plural(name: str) -> str:
    """`conv` becomes `convs`, `branch` `branches`, `entry` `entries`, `block_` `blocks`."""
    name = name.rstrip("_")
    if name.endswith(("s", "x", "ch", "sh")):
        return f"{name}es"
    if name.endswith("y") and len(name) > 1 and name[-2] not in "aeiou":
        return f"{name[:-1]}ies"
    return f"{name}s"


def singular(name: str) -> str:
    """`nets` becomes `net`; what is no plural names a layer and no more."""
    return name[:-1] if re.search(r"[^s_]s$", name) else "layer"


def attribute(name: str, taken: Collection[str]) -> str:
    """A free attribute name on a layer."""
    if name in RESERVED:
        name = f"{name}_"
    return unique(name, taken)
