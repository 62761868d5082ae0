"""Which network addresses may be reached: an adapter for requests that connects to public ones only, checked where it connects."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import weakref
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.poolmanager import PoolManager

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class AddressRefused(Exception):
    """`host` leads only to addresses that are not public. No OSError, which urllib3 would take for a connection that broke off."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(f"{host} is a private address")


def is_public(address: str) -> bool:
    """Whether an IPv4 or IPv6 address is one of the open internet: not private, loopback, link-local, multicast or reserved.

    IPv4 addresses wrapped in IPv6 (mapped, 6to4, Teredo, NAT64) count as what they wrap. False for what is no address.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class WebAdapter(HTTPAdapter):
    """For one thread's session. Connects to public addresses only, unless allow_private.

    A name is resolved once per connection and the connection goes to the very address that was checked, so neither a redirect nor a
    name that changes its mind (DNS rebinding) leads inside. Raises AddressRefused.
    """

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._lock = threading.Lock()
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: Any) -> None:
        manager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **more)
        manager.pool_classes_by_scheme = {
            "http": _pool(HTTPConnectionPool, HTTPConnection, self),
            "https": _pool(HTTPSConnectionPool, HTTPSConnection, self),
        }
        self.poolmanager = manager

    def break_off(self) -> None:
        """Shut every connection, from another thread: whoever waits for an answer stops waiting."""
        with self._lock:
            sockets = list(self._sockets)
        for sock in sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)  # past ssl's own, which is not for other threads

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to, at least one. Raises AddressRefused, or OSError for an unknown name."""
        found = [info[4][0] for info in socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)]
        public = [address for address in found if is_public(address)]
        if not public:
            raise AddressRefused(host)
        return list(dict.fromkeys(public))

    def opened(self, sock: socket.socket) -> None:
        """Sockets, not connections: one whose answer ends with it has let go of its socket before the body is read."""
        with self._lock:
            self._sockets.add(sock)


def _pool(pool: type, connection: type, adapter: WebAdapter) -> type:
    class Guarded(connection):
        def connect(self) -> None:
            super().connect()
            adapter.opened(self.sock)  # with TLS another one than below

        def _new_conn(self) -> socket.socket:
            sock = super()._new_conn() if adapter._allow_private else self._checked_conn()
            adapter.opened(sock)
            return sock

        def _checked_conn(self) -> socket.socket:
            name = self._dns_host
            try:
                addresses = adapter.addresses(name, self.port)
            except socket.gaierror as error:
                raise NameResolutionError(name, self, error) from error
            except (OSError, UnicodeError) as error:
                raise NewConnectionError(self, str(error)) from error
            try:
                for position, self._dns_host in enumerate(addresses, 1):
                    try:
                        sock = super()._new_conn()
                        break
                    except (NewConnectionError, ConnectTimeoutError):
                        if position == len(addresses):
                            raise
            finally:
                self._dns_host = name  # certificates are checked against the name
            if not is_public(sock.getpeername()[0]):
                sock.close()
                raise AddressRefused(name)
            return sock

    return type(f"Guarded{pool.__name__}", (pool,), {"ConnectionCls": Guarded})
