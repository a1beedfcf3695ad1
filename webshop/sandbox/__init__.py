"""Look-alikes of Amazon, SnelStart, VIES and Mollie: for the demo, the tests and the fault simulation."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from webshop.sandbox.amazon import Amazon
from webshop.sandbox.core import Clock, Store, World, utc_now
from webshop.sandbox.mollie import Mollie
from webshop.sandbox.snelstart import SnelStart
from webshop.sandbox.transport import FaultTransport, SandboxAdapter
from webshop.sandbox.vies import Vies

__all__ = ["Sandbox", "SandboxAdapter", "create_sandbox"]


class Sandbox:
    """`wsgi` acts faults out on a socket; use SandboxAdapter(sandbox.wsgi) to call it in this process."""

    def __init__(self, world: World, seed: int) -> None:
        from webshop.sandbox.app import create_app

        self.world = world
        self.amazon = Amazon(world, seed)
        self.snelstart = SnelStart(world)
        self.vies = Vies(world)
        self.mollie = Mollie(world)
        self.app = create_app(self)
        self._transport = FaultTransport(self.app.wsgi_app)
        self.wsgi: WSGIApplication = self._transport

    def release(self) -> None:
        """Let every hanging answer go."""
        self._transport.close()

    def close(self) -> None:
        self.release()
        self.world.store.close()


def create_sandbox(*, clock: Clock = utc_now, path: str | None = None, seed: int = 1) -> Sandbox:
    """Give a `path` to keep sellers, orders and books in an SQLite file; else all is in memory."""
    return Sandbox(World(clock=clock, store=Store(path)), seed)
