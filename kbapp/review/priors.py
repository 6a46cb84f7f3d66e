"""Domain priors and their versions. The newest version of a domain is the published one; versions are never changed."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, Row, func, insert, select

from kbapp.core.actor import Actor
from kbapp.errors import DecisionRefused, NotFound, PriorError, Stale
from kbapp.priors.difference import PriorDifference, difference
from kbapp.priors.document import parse_prior
from kbapp.priors.schema import DomainPrior
from kbapp.priors.version import PriorVersion
from kbapp.review.access import EVERYONE, EXPERTS, needs
from kbapp.store.clock import utc_now
from kbapp.store.database import Database
from kbapp.store.tables import prior_versions


@dataclass(frozen=True)
class VersionRow:
    """A line of the list of versions."""

    domain: str
    number: int
    author: str
    reason: str
    utc: str


class Priors:
    """`shipped`: the folder with the shipped YAML of each domain. It becomes version 1, and after that the store is the truth."""

    def __init__(self, database: Database, shipped: Path):
        self._database, self._shipped = database, shipped

    def install_shipped(self) -> None:
        """At start: a shipped domain that the store does not know becomes version 1. One that it knows is left alone."""
        with self._database.read() as connection:
            known = set(connection.execute(select(prior_versions.c.domain)).scalars())
        for path in sorted(self._shipped.glob("*.yaml")):
            if path.stem not in known:
                self._install(path)

    def _install(self, path: Path) -> None:
        yaml = path.read_text(encoding="utf-8")
        prior = _prior(yaml, path.name)
        if prior.domain != path.stem:
            raise PriorError(f'expected the domain "{path.stem}", as the file is named, got "{prior.domain}"', source=path.name)
        version = PriorVersion(prior, 1, yaml, "shipped", "shipped with the workbench", utc_now())
        with self._database.write() as connection:
            _insert(connection, version, author_id="", origin="shipped")

    @needs(EVERYONE)
    def domains(self, actor: Actor) -> tuple[str, ...]:
        with self._database.read() as connection:
            return tuple(connection.execute(select(prior_versions.c.domain).distinct().order_by(prior_versions.c.domain)).scalars())

    @needs(EVERYONE)
    def published(self, actor: Actor, domain: str) -> PriorVersion:
        """What the next extraction uses. Raises NotFound."""
        return self._version(domain, None)

    @needs(EVERYONE)
    def version(self, actor: Actor, domain: str, number: int) -> PriorVersion:
        return self._version(domain, number)

    @needs(EVERYONE)
    def versions(self, actor: Actor, domain: str) -> list[VersionRow]:
        """Newest first, without their text. Raises NotFound."""
        listed = (prior_versions.c[name] for name in ("domain", "number", "author", "reason", "utc"))
        of_it = select(*listed).where(prior_versions.c.domain == domain)
        with self._database.read() as connection:
            rows = connection.execute(of_it.order_by(prior_versions.c.number.desc())).all()
        if not rows:
            raise NotFound(f'there is no prior for the domain "{domain}"')
        return [VersionRow(*row) for row in rows]

    @needs(EXPERTS)
    def save(self, actor: Actor, domain: str, yaml: str, reason: str, expected_number: int) -> PriorVersion:
        """A new version, published at once. `expected_number`: of the version that the expert started from.

        Raises PriorError (with the line), DecisionRefused without a reason or a change of meaning, and Stale when somebody has
        saved since; then nothing is stored.
        """
        yaml = yaml if yaml.endswith("\n") else yaml + "\n"  # the editor of the page takes the last one away
        prior = parse_prior(yaml)
        if prior.domain != domain:
            raise PriorError(f'expected the domain "{domain}", got "{prior.domain}"; a version stays in its domain')
        if not reason.strip():
            raise DecisionRefused("a new version needs a reason: say in a few words what changes and why")
        newest = self._version(domain, None)
        if newest.number == expected_number and prior.sha256 == newest.prior.sha256:
            raise DecisionRefused("this means the same as the published version; nothing was saved", code="unchanged")
        with self._database.write() as connection:
            current = _newest(connection, domain)
            if current.number != expected_number:
                raise Stale(
                    f"{current.author} saved version {current.number} meanwhile, you started from version {expected_number}; "
                    "compare the two and save again"
                )
            version = PriorVersion(prior, current.number + 1, yaml, actor.name, reason.strip(), utc_now())
            _insert(connection, version, author_id=actor.id, origin="expert")
        return version

    @needs(EXPERTS)
    def roll_back(self, actor: Actor, domain: str, number: int, expected_number: int) -> PriorVersion:
        """Publish the text of version `number` again, as a new version with the reason "back to ...". `expected_number`: of the published
        version that the expert looked at.

        Raises NotFound, and as `save` does: also PriorError for an old text that the schema of today does not take.
        """
        return self.save(actor, domain, self._text(domain, number), f"back to {number}", expected_number)

    @needs(EXPERTS)
    def create(self, actor: Actor, yaml: str, reason: str) -> PriorVersion:
        """Version 1 of a domain that there was not. Raises PriorError, and DecisionRefused without a reason or where the domain is."""
        prior = parse_prior(yaml)
        if not reason.strip():
            raise DecisionRefused("a new domain needs a reason: say in a few words what it is for")
        version = PriorVersion(prior, 1, yaml, actor.name, reason.strip(), utc_now())
        with self._database.write() as connection:
            if connection.execute(select(prior_versions.c.number).where(prior_versions.c.domain == prior.domain)).first():
                raise DecisionRefused(f'the domain "{prior.domain}" is there already; save a new version of it')
            _insert(connection, version, author_id=actor.id, origin="expert")
        return version

    @needs(EVERYONE)
    def text(self, actor: Actor, domain: str, number: int) -> str:
        """The YAML of a version as it was written, also of one that the schema of today does not take. Raises NotFound."""
        return self._text(domain, number)

    @needs(EVERYONE)
    def difference(self, actor: Actor, domain: str, a: int, b: int) -> PriorDifference:
        """From version `a` to version `b`."""
        return difference(self._version(domain, a), self._version(domain, b))

    @needs(EVERYONE)
    def newer_shipped(self, actor: Actor, domain: str) -> PriorVersion | None:
        """The shipped file when an upgrade changed it and nobody has saved it yet; to take it over, `save` its YAML.

        Its number is that of the next version. None when there is nothing new.
        """
        path = self._shipped / f"{domain}.yaml"
        newest = self._version(domain, None)
        if not path.is_file():
            return None
        yaml = path.read_text(encoding="utf-8")
        same = (prior_versions.c.domain == domain) & (prior_versions.c.yaml_sha256 == _sha256(yaml))
        with self._database.read() as connection:
            if connection.execute(select(prior_versions.c.number).where(same)).first():
                return None
        prior = _prior(yaml, path.name)
        if prior.sha256 == newest.prior.sha256:
            return None
        return PriorVersion(prior, newest.number + 1, yaml, "shipped", "shipped with this version of the workbench")

    def of(self, domain: str, number: int | None) -> PriorVersion:
        """For the worker, which acts for nobody: a version, the published one for None. Raises NotFound."""
        return self._version(domain, number)

    def _text(self, domain: str, number: int) -> str:
        with self._database.read() as connection:
            return _numbered(connection, domain, number).yaml

    def _version(self, domain: str, number: int | None) -> PriorVersion:
        with self._database.read() as connection:
            row = _newest(connection, domain) if number is None else _numbered(connection, domain, number)
        return _value(row)


@lru_cache(maxsize=64)
def _prior(yaml: str, source: str) -> DomainPrior:
    """Parsed once: reading a large prior takes a good part of a second."""
    return parse_prior(yaml, source)


def _value(row: Row) -> PriorVersion:
    prior = _prior(row.yaml, f"{row.domain}@{row.number}")
    return PriorVersion(prior, row.number, row.yaml, row.author, row.reason, row.utc)


def _newest(connection: Connection, domain: str) -> Row:
    newest = select(func.max(prior_versions.c.number)).where(prior_versions.c.domain == domain)
    number = connection.execute(newest).scalar()
    if number is None:
        raise NotFound(f'there is no prior for the domain "{domain}"')
    return _numbered(connection, domain, number)


def _numbered(connection: Connection, domain: str, number: int) -> Row:
    wanted = select(prior_versions).where(prior_versions.c.domain == domain, prior_versions.c.number == number)
    row = connection.execute(wanted).first()
    if row is None:
        raise NotFound(f'the domain "{domain}" has no version {number}')
    return row


def _insert(connection: Connection, version: PriorVersion, *, author_id: str, origin: str) -> None:
    row = {
        "domain": version.prior.domain,
        "number": version.number,
        "yaml": version.yaml,
        "yaml_sha256": _sha256(version.yaml),
        "sha256": version.prior.sha256,
        "origin": origin,
        "author_id": author_id,
        "author": version.author,
        "reason": version.reason,
        "utc": version.utc,
    }
    connection.execute(insert(prior_versions).values(row))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
