# docker build -f deploy/docker/gpu.Dockerfile -t lulc:gpu .
# A tag can be moved, a digest cannot: `docker buildx imagetools inspect nvidia/cuda:13.0.1-cudnn-runtime-ubuntu22.04` prints it;
# build with --build-arg BASE=nvidia/cuda@sha256:...
ARG BASE=nvidia/cuda:13.0.1-cudnn-runtime-ubuntu22.04
FROM ${BASE}
#checkov:skip=CKV_DOCKER_2:the cluster asks each kind of pod by its own probe, runs and steps have none
#checkov:skip=CKV_DOCKER_7:BASE names the version above
RUN apt-get update && apt-get install --yes --no-install-recommends python3.11 python3.11-venv \
    && rm -rf /var/lib/apt/lists/* && python3.11 -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
RUN useradd --create-home --uid 10001 lulc && mkdir -p /opt/dagster/dagster_home /project \
    && chown lulc /opt/dagster/dagster_home
WORKDIR /srv/lulc
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY lulc_assets lulc_assets
COPY dbt_metrics dbt_metrics
COPY deploy/local deploy/local
RUN pip install --no-cache-dir --constraint constraints.txt --editable ".[kubernetes]" \
    && cd dbt_metrics && dbt --quiet parse --profiles-dir .
USER 10001
ENV DAGSTER_HOME=/opt/dagster/dagster_home DAGSTER_DISABLE_TELEMETRY=yes
EXPOSE 3030
CMD ["dagster", "code-server", "start", "-h", "0.0.0.0", "-p", "3030", "-m", "lulc_assets.definitions"]
