"""Whether the logic on file still fits a policy: a digest of all that the logic is written from.

The logic is compiled when a release is made (`make cql`), a policy is read at every start. A figure of the policy, or a
code of its value sets, that has changed since makes another digest; the logic of then is not served any more. How the
mapping reads a chart is not in it: that is shipped with the logic, and `make test` writes the logic anew.
"""

from collections.abc import Iterable, Iterator
from hashlib import sha256

from fhir_mappings.disease.diagnoses import OTHER_NAMES
from fhir_mappings.findings.fhir_kinds import FHIR_KINDS
from fhir_mappings.population.drug_logic import is_bound
from fhir_mappings.population.phrases import Codes
from policies.kinds.disease import DIAGNOSIS
from policies.model.criteria import Fact
from policies.model.policy import Policy
from policies.terminology.registry import Terminology


def populated(codes: Codes) -> tuple[Fact, ...]:
    """Return the facts of a policy that have logic, in its order: those that are asked and a chart can hold."""
    return tuple(fact for fact in codes.policy.facts.values() if fact.ask and _is_served(codes, fact))


def _is_served(codes: Codes, fact: Fact) -> bool:
    logic = FHIR_KINDS[fact.kind].logic
    asks_drugs = any(one.is_drugs for one in fact.kind.parameters.values()) or FHIR_KINDS[fact.kind].of_ordered_drug
    is_by_route = asks_drugs and is_bound(codes, fact)
    return logic is not None and not is_by_route and logic.serves(codes, fact)


def digest(policy: Policy, terminology: Terminology) -> str:
    """Return the digest of the facts, definitions, value sets and drug table that the logic of a policy rests on."""
    hashed = sha256()
    for one in _inputs(Codes(policy, terminology)):
        hashed.update(repr(one).encode())
    return hashed.hexdigest()


def _inputs(codes: Codes) -> Iterator[object]:
    policy = codes.policy
    yield policy.id, policy.version, policy.diseases, policy.figures.product.drug
    yield sorted(policy.figures.definitions.items())
    facts = {fact.name: fact for fact in populated(codes)}
    for kind in (DIAGNOSIS, *dict(OTHER_NAMES)):
        fact = policy.fact_of_kind(kind)
        facts |= {fact.name: fact} if fact is not None else {}
    for name, fact in facts.items():
        yield name, fact.kind.name, fact.what, fact.options, sorted(fact.parameters.items())
    yield sorted(codes.terminology.systems.items())
    yield from ((codes.set(name).members, codes.set(name).words) for name in _sets(policy, facts.values()))
    yield sorted((one.id, one.icd10, one.words) for one in codes.drugs.diseases.by_id.values())
    yield [(codes.of_drug(one), one) for one in codes.drugs.by_id.values()]
    with_drugs = (fact for fact in facts.values() if any(one.is_drugs for one in fact.kind.parameters.values()))
    yield [codes.drugs_of(fact) for fact in with_drugs]


def _sets(policy: Policy, facts: Iterable[Fact]) -> list[str]:
    named = {
        str(fact.parameters[name])
        for fact in facts
        for name, parameter in fact.kind.parameters.items()
        if parameter.is_codes and name in fact.parameters
    }
    return sorted(named.union(policy.diseases))
