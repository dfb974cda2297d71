# The service as an image: what it needs is installed from the lock with hashes, and it runs as a user without rights.
FROM node:20-slim@sha256:2cf067cfed83d5ea958367df9f966191a942351a2df77d6f0193e162b5febfc0 AS web
WORKDIR /source
COPY web web
RUN node web/bring.mjs lforms /lforms && node web/bring.mjs viewer /viewer

FROM python:3.11-slim@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93 AS build
WORKDIR /source
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv /opt/cds \
    && /opt/cds/bin/python -m pip install --quiet --no-cache-dir --require-hashes --requirement requirements/runtime.txt
COPY . .
COPY --from=web /lforms cds_service/static/lforms
COPY --from=web /viewer cds_service/static/viewer
RUN /opt/cds/bin/python -m pip install --quiet --no-cache-dir --no-deps . \
    && /opt/cds/bin/cds-service policy check

FROM python:3.11-slim@sha256:db3ff2e1800a8581e2c48a27c3995339d47bdf046da21c7627accd3d51053a93
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin cds \
    && install --directory --owner cds --group cds /data
COPY --from=build /opt/cds /opt/cds
ENV PATH="/opt/cds/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    CDS_DATABASE_URL="sqlite:////data/cds-service.sqlite"
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health/live', timeout=4)"]
# Settings come from /data/cds-service.toml and from the environment (docs/deployment.md). Without registered clients it
# does not start, unless CDS_ALLOW_OPEN=1 says that this is a sandbox.
CMD ["cds-service", "serve", "--host", "0.0.0.0", "--port", "8000"]
