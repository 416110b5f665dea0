"""A tab of a browser that a test drives: Chromium without a window, over a pipe, by the DevTools protocol."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

READS, WRITES = 3, 4  # the files that `--remote-debugging-pipe` talks over
ABOVE: Final = 10  # where our ends are kept, so that they are none of these
OPTIONS: Final = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")
KEYS: Final = {"Tab": 9, "Enter": 13, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40}
TEXTS: Final = {"Enter": "\r", " ": " "}
HEIGHT: Final = 900


class Tab:
    """One page at a time, and no network; every answer is awaited."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back, self._rest, self._id, self._session = to, back, b"", 0, ""
        self.fetched: list[str] = []  # the addresses that pages asked for, those of pages included
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        self.call("Network.emulateNetworkConditions", offline=True, latency=0, downloadThroughput=0, uploadThroughput=0)

    def call(self, method: str, **params: object) -> Any:
        """The answer to one command. What happens meanwhile is noted."""
        self._id += 1
        message = {"id": self._id, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (told := self._next()).get("id") != self._id:
            self._note(told)
        assert "error" not in told, (method, told["error"])
        return told["result"]

    def open(self, page: Path, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> None:
        """Show a file as on a screen of this width in pixels, or as it is printed, until it has loaded."""
        self.look(width=width, scheme=scheme, media=media)
        self.fetched.clear()
        self.call("Page.navigate", url=page.as_uri())
        while self._next_noted() != "Page.loadEventFired":
            pass

    def look(self, *, width: int = 1280, scheme: str = "light", media: str = "screen") -> None:
        """Another screen, or paper, for the page that is shown."""
        screen = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", **screen)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", media=media, features=features)

    def run(self, script: str) -> Any:
        """The value of an expression in the page, awaited where it is a promise. The page's policy does not hold it."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def press(self, key: str, *, shift: bool = False) -> None:
        """One key, as on a keyboard."""
        code = {"key": key, "windowsVirtualKeyCode": KEYS[key], "modifiers": 8 * shift}
        self.call("Input.dispatchKeyEvent", type="keyDown", **code, **({"text": TEXTS[key]} if key in TEXTS else {}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **code)

    def reach(self, selector: str, *, most: int = 300) -> None:
        """Go on with the Tab key until it stands on such an element; fails where it never does."""
        for _ in range(most):
            self.press("Tab")
            if self.run(f"document.activeElement.matches({json.dumps(selector)})"):
                return
        raise AssertionError(f"no key comes to {selector}")

    def paper(self) -> bytes:
        """The page as PDF, on the paper that it asks for."""
        self.call("Emulation.setEmulatedMedia", media="print")
        found = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(found["data"])

    def _next_noted(self) -> str:
        return self._note(self._next())

    def _note(self, told: dict[str, Any]) -> str:
        if told.get("method") == "Network.requestWillBeSent":
            self.fetched.append(told["params"]["request"]["url"])
        return str(told.get("method"))

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._back, 1 << 20)
            assert more, "the browser has ended"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Tab]:
    """A tab of a browser of its own, which ends with the test; `profile` is a folder for what it keeps."""
    ours, theirs = _pipe(), _pipe()
    files: list[Any] = [(os.POSIX_SPAWN_DUP2, ours[0], READS), (os.POSIX_SPAWN_DUP2, theirs[1], WRITES)]
    files += [(os.POSIX_SPAWN_OPEN, of, os.devnull, os.O_WRONLY, 0) for of in (1, 2)]
    command = [program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    child = os.posix_spawn(program, command, os.environ, file_actions=files)
    os.close(ours[0])
    os.close(theirs[1])
    try:
        tab = Tab(ours[1], theirs[0])
        yield tab
        tab.call("Browser.close")
    finally:
        os.close(ours[1])  # it ends when nobody talks to it any more
        waiting = threading.Thread(target=os.waitpid, args=(child, 0))
        waiting.start()
        while os.read(theirs[0], 1 << 20):
            pass
        waiting.join()
        os.close(theirs[0])


def _pipe() -> tuple[int, int]:
    ends = os.pipe()
    kept = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, ABOVE) for end in ends)
    for end in ends:
        os.close(end)
    return kept[0], kept[1]
