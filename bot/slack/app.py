"""Run the bot in Slack until it is told to end."""

import asyncio
import contextlib
import functools
import logging
import re
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier

from bot.domain.access import Caller, Door
from bot.domain.errors import Misread, SourceDown
from bot.domain.offers import Where
from bot.domain.watches import Tempo
from bot.settings import Settings
from bot.slack.client import answered, hush, quiet, slack_client
from bot.slack.connection import Connection, backoff
from bot.slack.doors.answers import BUSY, Answers
from bot.slack.doors.callers import Pressed, Question
from bot.slack.doors.changes import RECOVERY_SECONDS, Changes
from bot.slack.doors.deliveries import Deliveries
from bot.slack.doors.keepsakes import Keepsakes
from bot.slack.doors.listeners import listen
from bot.slack.doors.marks import Mark, Marks, hear
from bot.slack.doors.recent import Recent
from bot.slack.doors.sharing import Shares
from bot.slack.doors.surfaces import Surfaces
from bot.slack.doors.views import Views
from bot.slack.http import Site
from bot.slack.identity import HOPELESS, Identity, identity
from bot.slack.metrics import Metrics
from bot.slack.people import Names, SlackPeople
from bot.slack.readiness import Readiness
from bot.slack.sending.pace import Manners
from bot.slack.sending.sender import Sender
from bot.slack.telling.alerts import Alerts, alerts_of
from bot.slack.telling.cares import Care
from bot.slack.telling.following import Following
from bot.slack.workbench import Workbench
from bot.sources import System
from bot.wiring import Wired

log = logging.getLogger("bot.slack")

RATE_RETRIES: Final = 3  # of reading a marked message, which may wait

_TOKEN = re.compile(r"[\w.-]+", re.ASCII)


def serve(settings: Settings) -> int:
    """Run until SIGTERM or SIGINT; return the exit code.

    Raises:
        Misread: a setting is missing, or Slack refuses it for good.
    """
    asyncio.run(_until_signalled(settings))
    return 0


async def run(
    settings: Settings,
    over: asyncio.Event,
    ready: Callable[[], object] = lambda: None,
    manners: Manners | None = None,
    tempo: Tempo | None = None,
) -> None:
    """Run until *over* is set; call *ready* when questions can come.

    *manners* is how fast messages may leave, for a Slack that takes them faster, and
    *tempo* how fast the rest goes.

    Raises:
        Misread: a setting is missing, or Slack refuses it for good.
    """
    _check(settings)
    hush()
    bot = Bot(settings, manners, tempo)
    async with bot.running():
        loop = asyncio.get_running_loop()
        front = loop.create_task(bot.front(ready))
        told = loop.create_task(over.wait())
        try:
            await asyncio.wait({front, told}, return_when=asyncio.FIRST_COMPLETED)
            if front.done():
                front.result()
        finally:
            log.info("stopping")
            for task in (front, told):
                task.cancel()
            await asyncio.gather(front, told, return_exceptions=True)


class Bot:
    """The parts of a running bot, tied together."""

    def __init__(
        self,
        settings: Settings,
        manners: Manners | None = None,
        tempo: Tempo | None = None,
    ) -> None:
        """Make all parts; none is started."""
        tempo = tempo or Tempo()
        self._settings = settings
        token, base_url = settings.slack_bot_token, settings.slack_api_url
        self._metrics = Metrics()
        self._asking = slack_client(token, base_url, retries=0)
        people = SlackPeople(self._asking)
        self._wired = Wired(
            settings,
            people=people,
            home_team=self._home_team,
            tempo=tempo,
            observe=self._metrics.source,
        )
        reading = slack_client(token, base_url, retries=RATE_RETRIES)
        self._marks = Marks(
            reading, self._wired.pins, people, self._home_team, self._ourselves
        )
        sender = Sender(
            slack_client(token, base_url, repeats=False),
            self._metrics,
            manners,
            shown=self._show,
            unpressable=self._withdraw,
        )
        views = Views(slack_client(token, base_url, retries=0), self._metrics)
        recent = Recent(self._wired.asked)
        shares = Shares(sender, self._wired.answers)
        keepsakes = Keepsakes(
            recent,
            shares,
            self._wired.desk.commands,
            take=lambda job: self._bench.take(job, aside=True),
        )
        private = settings.answers == "private"
        self._following = Following(
            self._wired.desk, sender, self._wired.watches, tempo=tempo, private=private
        )
        self._answers = Answers(
            self._wired.desk,
            sender,
            self._metrics,
            private=private,
            follow=self._following.begin,
            keeps=keepsakes,
            naming=Names(people).of,
        )
        self._changes = Changes(self._wired.desk, self._answers, sender, self._metrics)
        self._alerts: Alerts | None = None
        if settings.alerting.channel is not None:
            self._alerts = alerts_of(
                settings.alerting,
                self._wired,
                sender,
                self._asking,
                self._metrics,
                whisper=self._answers.whisper,
            )
        watching = [self._alerts.keep_watching] if self._alerts else []
        self._readiness = Readiness(self._looks())
        self._bench = Workbench(
            beside=(
                self._readiness.keep_looking,
                self._keep_settling,
                self._following.keep,
                keepsakes.keep_forgetting,
                *watching,
            ),
            closing=(self._wired.close, sender.close, views.close),
            metrics=self._metrics,
        )
        self._surfaces = Surfaces(
            self._bench,
            self._wired.desk,
            self._answers,
            views=views,
            recent=recent,
            shares=shares,
            commands=self._wired.desk.commands,
        )
        self._known: Identity | None = None

        async def authorize() -> AuthorizeResult:  # Bolt looks at argument names
            return self._authorized()

        app = AsyncApp(
            name="debug-bot",
            logger=quiet,
            client=slack_client(None, base_url, retries=0),
            # Bolt's own way asks Slack who we are before the first acknowledgement.
            authorize=authorize,
            signing_secret=settings.slack_signing_secret or "unused in socket mode",
        )
        deliveries = Deliveries()
        hear(app, deliveries, self._mark)
        listen(
            app,
            deliveries,
            self._metrics,
            self._take,
            self._redeem,
            care=self._care,
            surfaces=self._surfaces,
        )
        self._connection = None
        if settings.slack_app_token is not None:
            self._connection = Connection(app, settings.slack_app_token, base_url)
        over_http = self._connection is None
        secret = settings.slack_signing_secret
        self._site = Site(
            missing=self._missing,
            metrics=self._metrics,
            verifier=SignatureVerifier(secret) if over_http and secret else None,
            dispatch=app.async_dispatch if over_http else None,
            refused=self._note_refusal,
        )

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the listener and the workbench open."""
        await asyncio.to_thread(self._wired.load)
        self._bench.start()
        try:
            await self._open_site()
            yield
        finally:
            # At the same time: whoever ends us does not wait for one after the other.
            await asyncio.gather(
                self._site.close(), asyncio.to_thread(self._bench.stop)
            )

    async def front(self, ready: Callable[[], object]) -> None:
        """Find out who we are, and let questions in.

        Raises:
            Misread: Slack refuses a token for good.
        """
        known = self._known = await self._recognised()

        def opened() -> None:
            way = "http" if self._connection is None else "socket mode"
            log.info("ready: %s as @%s in %s", way, known.name, known.team)
            ready()

        if self._connection is not None:
            await self._connection.hold(opened)
        opened()
        await asyncio.Event().wait()

    async def _open_site(self) -> None:
        host, port = self._settings.host, self._settings.port
        try:
            await self._site.open(host, port)
        except OSError as error:
            if self._connection is None:
                msg = f"DEBUG_BOT_PORT: {host}:{port} can't be listened on"
                hint = error.strerror or "is another program there?"
                raise Misread(msg, hint=hint) from error
            log.warning(
                "no health and metrics: their port can't be listened on",
                extra={"host": host, "port": port, "error": error.strerror},
            )
        else:
            log.info("listening on http://%s:%s", host, port)

    async def _recognised(self) -> Identity:
        for pause in backoff():
            try:
                return await identity(self._asking)
            except SlackApiError as error:
                why = str(answered(error).get("error") or "no reason given")
                if why in HOPELESS:
                    msg = f"SLACK_BOT_TOKEN was refused by Slack: {why}"
                    raise Misread(msg, hint="debug-bot doctor says more") from error
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                why = type(error).__name__
            log.warning(
                "Slack cannot be reached; trying again",
                extra={"in_seconds": pause, "error": why},
            )
            await asyncio.sleep(pause)
        raise AssertionError  # pauses never end

    def _authorized(self) -> AuthorizeResult:
        known = self._known
        return AuthorizeResult(
            enterprise_id=None,
            team_id=known.team_id if known else None,
            bot_user_id=known.user_id if known else None,
            bot_id=known.bot_id if known else None,
            bot_token=self._settings.slack_bot_token,
        )

    def _take(self, question: Question, came: float) -> None:
        answer = functools.partial(
            self._surfaces.answer, question, self._bench.turn, came
        )
        if self._bench.take(answer):
            return
        self._metrics.count("busy_total")
        log.warning("too many questions at once")
        tell = functools.partial(self._answers.tell, question, BUSY)
        self._bench.take(tell, aside=True)

    def _redeem(self, pressed: Pressed, first: bool) -> None:
        """Have the press redeemed, beside all questions: it must not be lost."""
        if not self._bench.take(
            functools.partial(self._changes.redeem, pressed, first=first), aside=True
        ):
            log.warning("a press was not taken: too many at once, or stopping")

    def _show(self, offer_id: str, where: Where) -> None:
        """Have it remembered which message shows an offer."""
        show = functools.partial(self._wired.gate().show, offer_id, where)
        self._bench.take(show, aside=True)

    def _withdraw(self, offer_id: str) -> None:
        """Have an offer closed whose buttons Slack did not take."""
        gate, why = self._wired.gate(), "Slack did not take its buttons"
        self._bench.take(functools.partial(gate.withdraw, offer_id, why), aside=True)

    def _care(self, care: Care) -> None:
        """Have written down and shown what somebody pressed on an alert."""
        if self._alerts is not None:
            self._bench.take(functools.partial(self._alerts.pressed, care), aside=True)

    def _mark(self, mark: Mark) -> None:
        """Have the message kept, if it is the emoji of the settings."""
        if mark.emoji == self._settings.pin_emoji and not self._bench.take(
            functools.partial(self._marks.take, mark), aside=True
        ):
            log.warning("a mark was not taken: too many at once, or stopping")

    def _note_refusal(self, why: str) -> None:
        """Have it written down that what may have been a press was not let in."""

        async def write() -> None:
            # Nothing in it can be believed, not even whose it was.
            await self._wired.gate().refused("offer", Caller(door=Door.BUTTON), why)

        self._bench.take(write, aside=True)

    async def _keep_settling(self) -> None:
        """Settle what dead processes left, and show what expired; from the start on."""
        if self._settings.policy is None:  # then nothing can have been begun in Slack
            return
        while True:
            try:
                for offer, report in await self._wired.gate().recover():
                    log.warning("settled: %s", report.summary)
                    await self._changes.recovered(offer, report)
                for offer, report in await self._wired.gate().lapsed():
                    await self._changes.lapsed(offer, report)
            except SourceDown as error:
                log.warning("nothing can be settled: %s", error.message)
            except Exception:  # the next one may go well
                log.exception("settling failed")
            await asyncio.sleep(RECOVERY_SECONDS)

    def _home_team(self) -> str | None:
        return self._known.team_id if self._known else None

    def _ourselves(self) -> str | None:
        return self._known.user_id if self._known else None

    def _missing(self) -> dict[str, str]:
        found = dict(self._readiness.missing())
        if self._connection is not None and not self._connection.alive():
            found["socket mode"] = "not connected"
        return found

    def _looks(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return how to see at little cost that each part answers."""
        looks: dict[str, Callable[[], Awaitable[object]]] = {
            "slack": functools.partial(identity, self._asking)
        }
        for name, system in self._wired.systems.items():
            if name in self._wired.present:
                looks[name] = functools.partial(_something, system)
                # The first look also pays for the SDK's slow import. Where there are no
                # pods it is the last one.
                looks[f"{name} pods"] = functools.partial(_pods, system)
        return looks


async def _something(system: Callable[[], System]) -> object:
    """Ask for a number that no system tells without looking."""
    tasks = system().tasks
    return await tasks.count(tasks.waiting_status)


async def _pods(system: Callable[[], System]) -> object:
    return await system().pods.all()


def _check(settings: Settings) -> None:
    """Complain of what is missing, before anything is tried.

    Raises:
        Misread: a token is missing, or stands where another belongs.
    """
    hint = "api.slack.com/apps has them: OAuth, and Basic Information"
    if not settings.slack_bot_token:
        msg = "SLACK_BOT_TOKEN is not set"
        raise Misread(msg, hint=hint)
    for name, token in (
        ("SLACK_BOT_TOKEN", settings.slack_bot_token),
        ("SLACK_APP_TOKEN", settings.slack_app_token),
    ):
        if token and not _TOKEN.fullmatch(token):
            msg = f"{name} holds a space, a line end or another sign that no token has"
            raise Misread(msg, hint="copy it anew")
    if settings.slack_bot_token.startswith("xapp-"):
        msg = "SLACK_BOT_TOKEN holds an app-level token"
        raise Misread(msg, hint="it begins xoxb-")
    if settings.slack_app_token:
        if not settings.slack_app_token.startswith("xapp-"):
            msg = "SLACK_APP_TOKEN holds no app-level token"
            raise Misread(msg, hint="it begins xapp-")
    elif not settings.slack_signing_secret:
        msg = "neither SLACK_APP_TOKEN nor SLACK_SIGNING_SECRET is set"
        raise Misread(msg, hint=f"Socket Mode wants the one, HTTP the other; {hint}")


async def _until_signalled(settings: Settings) -> None:
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    await run(settings, over)
