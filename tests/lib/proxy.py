"""proxy - a way to a server that can be cut, held, slowed or made deaf.

    with Proxy() as proxy:
        link = proxy.link(5432)      # to that port on loopback
        connect(link.port)
        link.hold()                  # nothing moves, nothing is lost
        link.mend()

cut      connections are reset, new ones too
hold     connections stay, bytes wait on the way, new connections also
trickle  a few hundred bytes a second, each way
deafen   what the client says arrives, what the server answers is lost; the
         connection is reset when the link is mended
"""

import asyncio
import socket
import struct
import threading
from contextlib import suppress

BYTES = 65536
STEP_SECONDS = 0.1
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Runs all of its links in one thread. A context manager."""

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.daemon = True
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.call(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def end(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def link(self, server_port):
        """A new way to the server, as good as none in between."""
        link = Link(self, server_port)
        link.port = self.call(link.listen())
        return link

    def call(self, coroutine):
        running = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        return running.result(10)


class Link:
    """port: where clients connect. Each change returns how many connections
    there were."""

    def __init__(self, proxy, server_port):
        self.proxy, self.server_port = proxy, server_port
        self.port = None
        self.pairs = set()
        self.is_cut = self.is_deaf = False
        self.rate = None  # bytes a second

    def cut(self):
        return self.proxy.call(self.change(is_cut=True))

    def hold(self):
        return self.proxy.call(self.change(is_open=False))

    def trickle(self, rate):
        return self.proxy.call(self.change(rate=rate))

    def deafen(self):
        return self.proxy.call(self.change(is_deaf=True))

    def mend(self):
        return self.proxy.call(self.change())

    # In the proxy's thread.

    async def listen(self):
        self.opened = asyncio.Event()
        self.opened.set()
        self.server = await asyncio.start_server(
            self.serve, "127.0.0.1", 0, backlog=1024
        )
        return self.server.sockets[0].getsockname()[1]

    async def change(self, is_open=True, is_cut=False, is_deaf=False,
                     rate=None):  # fmt: skip
        harmed = len(self.pairs)
        self.is_cut, self.is_deaf, self.rate = is_cut, is_deaf, rate
        (self.opened.set if is_open else self.opened.clear)()
        for pair in list(self.pairs):
            if is_cut or (pair.has_lost and not is_deaf):
                pair.reset()
        return harmed

    async def serve(self, reader, writer):
        await self.opened.wait()
        pair = Pair(writer)
        if self.is_cut:
            pair.reset()
            return
        try:
            server_reader, pair.server = await asyncio.open_connection(
                "127.0.0.1", self.server_port
            )
        except OSError:
            pair.reset()
            return
        self.pairs.add(pair)
        try:
            await asyncio.gather(
                self.pump(pair, reader, pair.server, is_answer=False),
                self.pump(pair, server_reader, writer, is_answer=True),
            )
        except OSError:
            pair.reset()
        finally:
            pair.close()
            self.pairs.discard(pair)

    async def pump(self, pair, reader, writer, is_answer):
        while said := await reader.read(BYTES):
            while said:
                await self.opened.wait()
                if self.is_deaf and is_answer:
                    pair.has_lost = True
                    break
                part = said
                if self.rate:
                    part = said[: max(1, int(self.rate * STEP_SECONDS))]
                    await asyncio.sleep(STEP_SECONDS)
                writer.write(part)
                await writer.drain()
                said = said[len(part) :]
        await self.opened.wait()
        with suppress(OSError):  # one of them has said all that it has to say
            writer.write_eof()


class Pair:
    """A client's connection, and the one to the server that serves it."""

    def __init__(self, client):
        self.client, self.server = client, None
        self.has_lost = False

    def sides(self):
        return [side for side in (self.client, self.server) if side]

    def reset(self):
        for side in self.sides():
            with suppress(OSError):
                side.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE
                )
            side.transport.abort()

    def close(self):
        for side in self.sides():
            side.close()
