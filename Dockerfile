# Two stages: what is needed to install stays behind in the first.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1

RUN python -m venv /opt/debug-bot
ENV PATH=/opt/debug-bot/bin:$PATH

WORKDIR /src
# Dependencies first: they change less often than the bot, and are then cached.
COPY requirements.lock ./
RUN pip install --no-deps --require-hashes --requirement requirements.lock

COPY pyproject.toml README.md LICENSE ./
COPY bot ./bot
COPY formatters ./formatters
RUN pip install --no-deps .


FROM python:3.11-slim

# Its own user, and one folder that user may write: where pending actions and the
# audit are remembered. Mount a volume there, or set DEBUG_BOT_STATE_URL.
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/debug-bot debug-bot

COPY --from=build /opt/debug-bot /opt/debug-bot

# Inside a container the loopback address would reach nobody.
ENV PATH=/opt/debug-bot/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DEBUG_BOT_HOST=0.0.0.0 \
    DEBUG_BOT_PORT=3000

USER debug-bot
WORKDIR /var/lib/debug-bot
VOLUME ["/var/lib/debug-bot"]

# An image that cannot even list its commands is not worth building.
RUN debug-bot --help >/dev/null

EXPOSE 3000

HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as web; web.urlopen(f\"http://127.0.0.1:{os.environ['DEBUG_BOT_PORT']}/healthz\", timeout=4)"]

CMD ["debug-bot", "serve"]
