# docker build -f deploy/docker/cpu.Dockerfile -t lulc:cpu .
# A tag can be moved, a digest cannot: `docker buildx imagetools inspect python:3.11.13-slim-bookworm` prints it;
# build with --build-arg BASE=python@sha256:...
ARG BASE=python:3.11.13-slim-bookworm
FROM ${BASE}
#checkov:skip=CKV_DOCKER_2:the cluster asks each kind of pod by its own probe, runs and steps have none
#checkov:skip=CKV_DOCKER_7:BASE names the version above
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
