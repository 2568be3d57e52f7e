# SPDX-License-Identifier: GPL-2.0-or-later
"""A headless Chromium, told what to do through a pair of pipes (its DevTools protocol)."""
import json
import os
import select
import subprocess
import time

PATIENCE = 60


class Browser:
    def __init__(self, profile, *options):
        theirs_in, self.out = os.pipe()
        self.inp, theirs_out = os.pipe()
        # The protocol is at descriptors 3 and 4.
        self.child = subprocess.Popen(
            ["bash", "-c", 'exec "${@:3}" 3<&"$1" 4>&"$2"', "bash", str(theirs_in), str(theirs_out), "chromium",
             "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={profile}",
             "--remote-debugging-pipe", *options, "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        os.close(theirs_in)
        os.close(theirs_out)
        self.buffer, self.n, self.session = b"", 0, None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.requests = []
        self.ask("Page.enable")
        self.ask("Network.enable")

    def message(self, deadline):
        while b"\0" not in self.buffer:
            if not select.select([self.inp], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError("chromium does not answer")
            part = os.read(self.inp, 1 << 16)
            if not part:
                raise EOFError("chromium went away")
            self.buffer += part
        raw, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(raw)

    def until(self, found):
        """The first message for which found() is true; notes on the way what is fetched."""
        deadline = time.monotonic() + PATIENCE
        while True:
            message = self.message(deadline)
            if message.get("method") == "Network.requestWillBeSent":
                self.requests.append(message["params"]["request"]["url"])
            if found(message):
                return message

    def ask(self, method, **params):
        self.n += 1
        request = {"id": self.n, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        answer = self.until(lambda m: m.get("id") == self.n)
        if "error" in answer:
            raise ValueError(f"{method}: {answer['error']}")
        return answer["result"]

    def show(self, url):
        self.ask("Page.navigate", url="about:blank")    # so that another fragment loads the page anew
        self.ask("Page.navigate", url=url)
        self.until(lambda m: m.get("method") == "Page.loadEventFired")

    def value(self, expression):
        """Of a JavaScript expression, by value."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise ValueError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def close(self):
        try:
            self.session = None
            self.ask("Browser.close")
        except (OSError, EOFError, TimeoutError, ValueError):
            pass
        try:
            self.child.wait(20)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        os.close(self.out)
        os.close(self.inp)
