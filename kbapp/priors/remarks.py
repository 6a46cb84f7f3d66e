"""What is allowed in a prior but most likely not meant: names that name nothing. Pure.

The grammar refuses what cannot be read; a rule that speaks of an entry that is not there simply does nothing. An expert who empties a
group or renames an entry on the way to something else must be able to save, so these are told, not refused.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from kbapp.priors.schema import CHEXPERT, DomainPrior, FilmRule, Pairing, Phrase


def remarks(prior: DomainPrior) -> tuple[str, ...]:
    """One sentence for each name that names nothing, in the order of the schema's fields; empty when all is well."""
    found = (
        *_vocabulary(prior), *_scales(prior), *_phrases(prior), *_pairings(prior), *_film_rules(prior), *_focus(prior),
        *_examples(prior),
    )  # fmt: skip
    return tuple(dict.fromkeys(found))


def _vocabulary(prior: DomainPrior) -> Iterator[str]:
    meant: dict[str, list[str]] = defaultdict(list)
    for entry in prior.vocabulary:
        yield from _group(prior, f'entry "{entry.name}"', entry.group)
        if entry.observation and entry.observation not in CHEXPERT:
            yield f'entry "{entry.name}": "{entry.observation}" is none of the CheXpert-14 observations'
        for word in dict.fromkeys(
            w.casefold() for w in (entry.name, *entry.synonyms, *(w for said in entry.sided.values() for w in said))
        ):
            meant[word].append(entry.name)
    for word, names in meant.items():
        if len(names) > 1:
            yield f'"{word}" stands for {" and ".join(_quoted(names))}: a text that says it is read as both'


def _scales(prior: DomainPrior) -> Iterator[str]:
    for name, scale in prior.scales.items():
        if prior.relations and scale.relation not in prior.relations:
            yield f'scale "{name}": the relation "{scale.relation}" is not among the relations, so a model\'s statements of it are dropped'


def _phrases(prior: DomainPrior) -> Iterator[str]:
    for phrase in prior.phrases:
        where = f'phrase "{phrase.words[0] if phrase.words else ""}"'
        yield from _group(prior, where, phrase.group)
        yield from _meaning(prior, where, phrase)


def _pairings(prior: DomainPrior) -> Iterator[str]:
    for pairing in prior.pairings:
        where = f'pairing "{" or ".join(pairing.anatomy)} + {" or ".join(pairing.quality)}"'
        yield from _group(prior, where, pairing.group)
        yield from _unknown(prior, where, (*pairing.anatomy, *([pairing.finding] if pairing.finding else [])))
        yield from _meaning(prior, where, pairing)
        for quality in pairing.quality:
            if quality not in prior.qualities:
                yield f'{where}: "{quality}" is none of the qualities'
        if pairing.degree and pairing.degree not in {(s.relation, d) for s in prior.scales.values() for d in s.degrees}:
            yield f'{where}: "{pairing.degree[1]}" is no degree of a scale with the relation "{pairing.degree[0]}"'


def _meaning(prior: DomainPrior, where: str, meaning: Phrase | Pairing) -> Iterator[str]:
    yield from _unknown(prior, where, (head for head, _, _ in meaning.says if head != "@"))
    yield from _unknown(prior, where, meaning.absent)


def _film_rules(prior: DomainPrior) -> Iterator[str]:
    for rule in prior.film_rules:
        where = f'film rule "{rule.measure} -> {rule.finding}"'
        yield from _unknown(prior, where, (rule.finding, *rule.sites.values(), *rule.unless, *rule.absent))
        yield from _unknown(prior, where, (head for head, _, _ in rule.normal))
        yield from _degrees(prior, where, rule)


def _degrees(prior: DomainPrior, where: str, rule: FilmRule) -> Iterator[str]:
    if rule.scale is None:
        return
    scale = prior.scales.get(rule.scale)
    if scale is None:
        yield f'{where}: "{rule.scale}" is none of the scales'
        return
    for degree in rule.degrees:
        if degree not in scale.degrees:
            yield f'{where}: "{degree}" is no degree of the scale "{rule.scale}"'


def _focus(prior: DomainPrior) -> Iterator[str]:
    yield from _unknown(prior, "focus", prior.focus)


def _examples(prior: DomainPrior) -> Iterator[str]:
    for k, example in enumerate(prior.examples, 1):
        for _, relation, _, _ in example.triples:
            if prior.relations and relation not in prior.relations:
                yield f'example {k}: the relation "{relation}" is not among the relations'


def _group(prior: DomainPrior, where: str, group: str) -> Iterator[str]:
    if group not in {rule.entity for rule in prior.rules}:
        yield f'{where}: no extraction rule has the entity "{group}", so it is not looked for'


def _unknown(prior: DomainPrior, where: str, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name not in prior.entry_by_name:
            yield f'{where}: "{name}" is no entry of the vocabulary'


def _quoted(names: Iterable[str]) -> list[str]:
    return [f'"{name}"' for name in names]
