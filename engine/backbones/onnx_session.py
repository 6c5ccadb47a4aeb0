"""Opening a model with onnxruntime, and why it cannot be opened in one sentence."""

import re
from typing import Any

from engine.backbones.base import pick_device
from engine.backbones.onnx_file import ModelFile, is_cut_off
from engine.errors import LetheError
from engine.machine import cores

_LONGEST_REASON = 200


def open_session(file: ModelFile, device: str) -> Any:
    """An `onnxruntime.InferenceSession`. `device`: auto, cpu or cuda.

    Raises `LetheError` for a device that is not there, and for what is no model or none that this
    onnxruntime can run, with the true cause.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = cores()
    # Waiting threads that spin starve everything else on a small machine, several-fold.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4  # what goes wrong is said by the exception
    providers = ["CPUExecutionProvider"]
    on_gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    if device == "cuda" and not on_gpu:
        raise LetheError("This onnxruntime has no CUDA; install onnxruntime-gpu or use the CPU.")
    if device == "auto":
        on_gpu = on_gpu and pick_device("auto").type == "cuda"
    elif device == "cpu":
        on_gpu = False
    elif device != "cuda":
        pick_device(device)
    if on_gpu:
        providers.insert(0, "CUDAExecutionProvider")
    if file.beside:
        options.add_external_initializers_from_files_in_memory(
            list(file.beside), list(file.beside.values()), [len(b) for b in file.beside.values()]
        )
    try:
        return onnxruntime.InferenceSession(file.data, options, providers=providers)
    except Exception as error:  # onnxruntime raises a dozen classes of its own
        raise LetheError(f"{file.path.name} {cause(file, str(error))}.") from error


def condensed(message: str) -> str:
    """The reason in onnxruntime's own words: one sentence, without codes, paths, signatures."""
    text = " ".join(message.split())
    text = text.rpartition("Status Message: ")[2]
    text = re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", text)
    text = re.sub(r"\S+\.(cc|h|cpp|cu):\d+ .*?\)( const)? ", "", text)
    text = re.sub(r"^.{,200}? was false\. ", "", text)
    text = re.sub(
        r"^(This is an invalid model|Invalid model|Fatal error)[.:] ?(Error: )?", "", text
    )
    text = re.split(r"(?<=[\w\"')])\. ", text)[0].rstrip(". ")
    return text if len(text) <= _LONGEST_REASON else text[: _LONGEST_REASON - 3] + "..."


def cause(file: ModelFile, message: str) -> str:
    """Why a model's file cannot be opened, as a sentence that goes on after the file's name.

    `message` is what onnxruntime said.
    """
    start = file.data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not file.data:
        return "is empty and so not an ONNX model; download it again"
    if start.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the model; run `git lfs pull`"
    if start.startswith(b"<"):
        return "is a web page, not a model; download the model's file itself"
    if is_cut_off(file.data):
        return "is cut off, the file ends before the model does; download it again"
    if "INVALID_PROTOBUF" in message:
        return "is not an ONNX model, or a damaged one; choose a model saved as ONNX"
    if found := re.search(r"model IR version: (\d+), max supported IR version: (\d+)", message):
        return (
            f"is in ONNX's file format {found[1]} and this onnxruntime reads up to {found[2]}; "
            "update onnxruntime, or save the model in an older format"
        )
    if found := re.search(r"Opset (\d+) .* till opset (\d+)", message):
        return (
            f"uses ONNX's operator set {found[1]} and this onnxruntime knows up to {found[2]}; "
            "update onnxruntime, or export the model with an older opset"
        )
    if found := (
        re.search(r"No Op registered for (\S+)", message)
        or re.search(r"(\S+?)(?:\(-?\d+\))? is not a registered function/op", message)
        or re.search(r"Could not find an implementation for (\w+)", message)
    ):
        return (
            f"uses the operator {found[1]}, which this onnxruntime does not know; "
            "export the model with standard operators"
        )
    return f"is not an ONNX model that can be loaded: {condensed(message)}"
