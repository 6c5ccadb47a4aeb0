"""Opening a model with onnxruntime, and why it cannot be opened in one sentence."""

import re
from typing import Any

from engine.backbones.base import pick_device
from engine.backbones.onnx_file import ModelFile, is_cut_off
from engine.errors import LetheError
from engine.machine import cores
from engine.said import Said, noted, said

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
        raise LetheError(
            said("This onnxruntime has no CUDA; install onnxruntime-gpu or use the CPU.")
        )
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
        raise LetheError(refusal(file, str(error))) from error


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


def refusal(file: ModelFile, message: str) -> Said:
    """The sentence on a model's file that cannot be opened; `message` is what onnxruntime said."""
    return said("{name} {fault}.", name=file.path.name, fault=_cause(file, message))


def _cause(file: ModelFile, message: str) -> Said:
    """Why a model's file cannot be opened: what is said of it after the file's name."""
    start = file.data[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not file.data:
        return noted("is empty and so not an ONNX model; download it again")
    if start.startswith(b"version https://git-lfs"):
        return noted("is a Git LFS pointer, not the model; run `git lfs pull`")
    if start.startswith(b"<"):
        return noted("is a web page, not a model; download the model's file itself")
    if is_cut_off(file.data):
        return noted("is cut off, the file ends before the model does; download it again")
    if "INVALID_PROTOBUF" in message:
        return noted("is not an ONNX model, or a damaged one; choose a model saved as ONNX")
    if found := re.search(r"model IR version: (\d+), max supported IR version: (\d+)", message):
        return said(
            "is in ONNX's file format {found} and this onnxruntime reads up to "
            "{known}; update onnxruntime, or save the model in an older format",
            found=found[1],
            known=found[2],
        )
    if found := re.search(r"Opset (\d+) .* till opset (\d+)", message):
        return said(
            "uses ONNX's operator set {found} and this onnxruntime knows up to "
            "{known}; update onnxruntime, or export the model with an older opset",
            found=found[1],
            known=found[2],
        )
    if found := (
        re.search(r"No Op registered for (\S+)", message)
        or re.search(r"(\S+?)(?:\(-?\d+\))? is not a registered function/op", message)
        or re.search(r"Could not find an implementation for (\w+)", message)
    ):
        return said(
            "uses the operator {operator}, which this onnxruntime does not know; "
            "export the model with standard operators",
            operator=found[1],
        )
    return said("is not an ONNX model that can be loaded: {message}", message=condensed(message))
