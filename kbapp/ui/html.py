"""The one place where text becomes HTML: every value is escaped here, and nowhere else is HTML put together."""

from html import escape


class Html(str):
    """Text that is HTML already: made by `tag` and `join` only."""

    __slots__ = ()


_VOID = frozenset({"img", "input", "br", "hr", "meta", "link"})


def text(value: object) -> Html:
    """Escape a value for use between tags or in a quoted attribute."""
    return value if isinstance(value, Html) else Html(escape(str(value), quote=True))


def join(*children: object) -> Html:
    """Children in order, each escaped unless it is Html; None and False are left out."""
    return Html("".join(text(child) for child in children if child is not None and child is not False))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """An element. `class_` and `for_` lose their underscore, other underscores become dashes; True gives a bare attribute, None and
    False none. An address must stay on this origin: only "/...", "#..." and "?..." are taken for href and src."""
    parts = []
    for key, value in attributes.items():
        if value is None or value is False:
            continue
        key = key.rstrip("_").replace("_", "-")
        if key in ("href", "src") and not (str(value).startswith(("/", "#", "?")) and not str(value).startswith("//")):
            raise ValueError(f"expected an address on this origin for {key}, got {value!r}")
        parts.append(f" {key}" if value is True else f' {key}="{text(value)}"')
    opening = f"<{name}{''.join(parts)}>"
    return Html(opening) if name in _VOID else Html(f"{opening}{join(*children)}</{name}>")
