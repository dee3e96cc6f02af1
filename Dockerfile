# The harness with its pinned environment. Build: docker build -t wild-aieval .
# Run:   docker run --rm -v "$PWD/runs:/app/runs" wild-aieval model=tfidf
# No port is opened; for the MLflow UI mount runs/ and start it on the host, or override the entry point.
FROM python:3.12-slim-bookworm

RUN apt-get update && apt-get install -y --no-install-recommends apertium-eng-spa && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home aieval
WORKDIR /app
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY conf conf
COPY benchmarks benchmarks
COPY src src
# The CPU build of PyTorch; for a GPU image pass --build-arg PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cu130"
ARG PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
RUN pip install --no-cache-dir $PIP_ARGS -c constraints.txt -e . && mkdir -p runs && chown aieval runs
USER aieval
ENV HF_HUB_OFFLINE=1 MLFLOW_DISABLE_TELEMETRY=true DO_NOT_TRACK=1 PYTHONUNBUFFERED=1
ENTRYPOINT ["python", "-m", "wild_aieval"]
CMD ["--help"]
