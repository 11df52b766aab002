# One image for web, worker, beat and management commands. The command line says which.

FROM python:3.11-slim-bookworm AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc pkg-config default-libmysqlclient-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /venv
WORKDIR /app
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY . .
RUN /venv/bin/python -m scripts.catalogues compile
# collectstatic reads the settings, which insist on secrets it does not use.
RUN SECRET_KEY=only-for-the-build DATABASE_URL=mysql://nobody@localhost/none STATIC_ROOT=/app/static \
    /venv/bin/python manage.py collectstatic --noinput \
    && rm -rf .local

FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install -y --no-install-recommends libmariadb3 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --uid 10001 holdfast \
    && install -d -o holdfast /media
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STATIC_ROOT=/app/static \
    MEDIA_ROOT=/media \
    PROMETHEUS_MULTIPROC_DIR=/tmp/metrics
USER holdfast
EXPOSE 8000
CMD ["gunicorn", "-c", "config/gunicorn.py", "--bind", "0.0.0.0:8000", "config.wsgi"]
