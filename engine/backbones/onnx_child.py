"""Runs a model once, in a process that may be lost: see `onnx_trial`, which starts this file.

It stands alone, so that nothing else of the program is loaded, and reads from its input a line of
JSON and then the model. What it says is a line of JSON.
"""

import json
import sys


def limit(memory: int, seconds: int) -> None:
    """Bound the bytes of memory and the seconds of processor time, and forbid any file."""
    try:
        import resource
    except ImportError:  # Windows: the time alone is bounded, by who started this
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> None:
    """Open the model, give it one input of zeros, and say how it went."""
    asked = json.loads(sys.stdin.buffer.readline())
    import numpy
    import onnxruntime

    data = sys.stdin.buffer.read()
    limit(asked["memory"], asked["seconds"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = asked["cores"]
    options.log_severity_level = 4
    stage = "open"
    try:
        session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
        stage = "run"
        session.run(None, {asked["input"]: numpy.zeros(asked["shape"], asked["type"])})
        say("", "", False)
    except MemoryError:
        say(stage, "", True)
    except Exception as error:  # onnxruntime raises a dozen classes of its own
        text = str(error)
        say(stage, text, "bad_alloc" in text or "Failed to allocate memory" in text)


def say(stage: str, error: str, memory: bool) -> None:
    """One line: at which stage what went wrong, and whether it was for want of memory."""
    print(json.dumps({"stage": stage, "error": error, "memory": memory}))


if __name__ == "__main__":
    main()
