"""Start the workbench: settings, environment, services, pages, server, in the order that Gradio's import needs."""

import socket
import sys

from kbapp.errors import SettingsError
from kbapp.settings import Settings

PORTS_TRIED = 20


def start_workbench(settings: Settings) -> None:
    """Run until stopped. Prints the address on standard output as soon as the page answers."""
    from kbapp.web.environment import prepare_environment
    from kbapp.web.server import check_loopback

    check_loopback(settings.host)
    settings = settings.with_(port=free_port(settings.host, settings.port))
    prepare_environment(settings)
    from kbapp.profiles import engines_for
    from kbapp.review.workbench import Workbench
    from kbapp.ui.page import build_blocks
    from kbapp.web.login import actor_of
    from kbapp.web.server import serve

    with Workbench.open(settings, lambda profile: engines_for(settings)) as workbench:
        blocks, mount = build_blocks(workbench, settings, actor_of)
        print(f"Knowledge Bridger workbench ({settings.profile}) at http://{settings.host}:{settings.port}", flush=True)
        print("Research use only, not for diagnosis. Stop with Ctrl+C.", file=sys.stderr, flush=True)
        serve(workbench, blocks, settings, **mount)


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or the next one that is free. 0: any. Raises SettingsError when none of the next ones is."""
    for port in [0] if wanted == 0 else range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return probe.getsockname()[1]
    raise SettingsError(f"no free port from {wanted} to {wanted + PORTS_TRIED - 1}; give another with --port")
