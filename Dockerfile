# Lethe in a container: nobody's root, a root file system that need not be written to, and torch
# for the CPU unless another index is asked for:
#
#   docker build -t lethe .
#   docker build -t lethe --build-arg TORCH_INDEX=https://pypi.org/simple .     (with CUDA)
#   docker run --read-only --tmpfs /tmp -p 7860:7860 lethe
FROM debian:bookworm-slim
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu

RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --create-home lethe && python3 -m venv /opt/lethe

WORKDIR /app
COPY requirements.txt ./
RUN grep -E '^torch(vision)?==' requirements.txt > /tmp/torch.txt && /opt/lethe/bin/pip install --no-cache-dir --index-url "$TORCH_INDEX" -r /tmp/torch.txt && rm /tmp/torch.txt
RUN /opt/lethe/bin/pip install --no-cache-dir -r requirements.txt
COPY app.py LICENSE ./
COPY assets/ assets/
COPY engine/ engine/
COPY demo/ demo/
RUN /opt/lethe/bin/python -m compileall -q engine demo

# Everything that is written goes to /tmp and is gone with the container.
ENV GRADIO_SERVER_NAME=0.0.0.0 PORT=7860 HOME=/tmp LETHE_CACHE=/tmp/lethe NUMBA_CACHE_DIR=/tmp/numba
USER lethe
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/opt/lethe/bin/python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/health', timeout=4)"]
CMD ["/opt/lethe/bin/python", "app.py"]
