"""The rules about what both clouds assume of the network and of lists."""

import math

from domain.probing.finding import Finding, Rule, differs, holds, same, untold
from domain.probing.seen import Seen


def _through_proxy(seen: Seen, value: bool) -> Finding:  # noqa: FBT001  # a rule takes the value that the block holds
    """Which way the hosts were reached."""
    if seen.through_proxy is None:
        return untold("no host was reached, neither straight nor through the proxies of the environment")
    return same(
        seen.through_proxy, value, f"the hosts were reached {'through the proxy' if seen.through_proxy else 'straight'}"
    )


def _visible_within(seen: Seen, value: float) -> Finding:
    """How soon something new is seen."""
    took_s = seen.measured.visible_s
    if took_s is None:
        return untold("nothing new was made to look for")
    if took_s <= value:
        return holds(f"something new was seen after {took_s:.1f} s")
    return differs(f"something new was seen only after {took_s:.1f} s", float(math.ceil(took_s * 2)))


RULES: dict[str, Rule[Seen]] = {
    "connection.through_proxy": _through_proxy,
    "connection.visible_within_s": _visible_within,
}
