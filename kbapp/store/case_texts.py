"""The words of a case, to search in: its origin, its given texts and the texts that were made for it."""

import re
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, select, text
from sqlalchemy.dialects.sqlite import insert

from kbapp.core.content import Content, TextContent
from kbapp.store.tables import case_texts

MAX_WORDS = 12


def words_of(origin: str, contents: Sequence[Content]) -> str:
    return "\n".join([origin, *(content.text for content in contents if isinstance(content, TextContent))])


def put_words(connection: Connection, case_id: str, words: str) -> None:
    """Once per case; later words replace the earlier ones."""
    row = insert(case_texts).values(case_id=case_id, text=words)
    connection.execute(row.on_conflict_do_update(index_elements=["case_id"], set_={"text": words}))


def holds(connection: Connection, column: ColumnElement, asked: str) -> ColumnElement | None:
    """The condition that the case named in `column` holds every asked word, or the beginning of it. None when nothing is asked."""
    words = re.findall(r"\w+", asked)[:MAX_WORDS]
    if not words:
        return None
    if connection.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'case_search'")).first():
        match = " ".join(f'"{word}"*' for word in words)
        found = (
            select(text("rowid")).select_from(text("case_search")).where(text("case_search MATCH :asked").bindparams(asked=match))
        )
        return column.in_(select(case_texts.c.case_id).where(case_texts.c.id.in_(found)))
    wanted = select(case_texts.c.case_id)
    for word in words:
        wanted = wanted.where(case_texts.c.text.icontains(word, autoescape=True))
    return column.in_(wanted)
