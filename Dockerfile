# Tra as one image; what it runs is chosen by the command: serve idp, serve signing, migrate, …
# Lives with a read-only file system; it writes to its databases alone.

FROM python:3.11.14-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/tra
COPY requirements/run.txt requirements/run.txt
RUN /opt/tra/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements/run.txt
COPY requirements/build.txt requirements/build.txt
RUN pip install --no-cache-dir --require-hashes --no-deps -r requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY core core
COPY keys keys
COPY clients clients
COPY idp idp
COPY signing signing
COPY tra tra
COPY examples examples
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /opt/tra/bin/pip install --no-cache-dir --no-deps /wheels/*.whl

FROM python:3.11.14-slim-bookworm
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tra
COPY --from=build /opt/tra /opt/tra
ENV PATH=/opt/tra/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 TRA_ENVIRONMENT=production
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["tra"]
CMD ["serve", "idp", "--host", "0.0.0.0", "--port", "8000"]
