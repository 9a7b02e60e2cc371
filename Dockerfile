# The platform in one image; web server, daemon and code server differ in their command only. compose.yaml shows which.
#
# A tag, not a digest: the digest belongs to a registry's day. A release build names it, as docs/deploy.md says:
#   docker build --build-arg PYTHON=python:3.11-slim-bookworm@sha256:…
ARG PYTHON=python:3.11-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /build
COPY requirements/bootstrap.txt requirements/dev.txt requirements/runtime.txt requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/bootstrap.txt \
    && uv venv /opt/platform \
    && uv pip sync --python /opt/platform/bin/python --no-cache --compile-bytecode \
       --require-hashes --build-constraints requirements/dev.txt requirements/runtime.txt
COPY LICENSE pyproject.toml setup.py ./
COPY dataops_platform dataops_platform
RUN uv build --wheel --no-cache --build-constraints requirements/dev.txt --require-hashes --out-dir dist \
    && uv pip install --python /opt/platform/bin/python --no-cache --compile-bytecode --no-deps dist/*.whl

FROM ${PYTHON}
RUN groupadd --gid 10001 dataops \
    && useradd --uid 10001 --gid dataops --no-create-home --home-dir /tmp --shell /usr/sbin/nologin dataops \
    && install --directory --owner=dataops --group=dataops /var/lib/dataops/logs
COPY --from=build /opt/platform /opt/platform
COPY deploy/workspace.yaml /opt/dagster/workspace.yaml
COPY deploy/dagster.yaml /opt/dagster/home/dagster.yaml
ENV PATH=/opt/platform/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DAGSTER_HOME=/opt/dagster/home \
    DAGSTER_COMPUTE_LOGS=/var/lib/dataops/logs \
    DATAOPS_ENV=production
# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /tmp
EXPOSE 3000 4000
CMD ["dagster", "api", "grpc", "-h", "0.0.0.0", "-p", "4000", "-m", "dataops_platform.definitions"]
