"""A report of judged orders as text, for a terminal."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
_MARKS = {"met": "✓", "not-met": "✗", "unknown": "?"}


def as_text(report: Json) -> str:
    """Write what `cds-service evaluate` found in one file."""
    return "\n".join((report["file"], *(line for order in report["orders"] for line in _order(order))))


def _order(order: Json) -> Iterator[str]:
    policy = order["policy"]
    head = f"{order['product'] or 'no product'}: {order['outcome']}"
    if policy:
        named = f"{policy['id']} {policy['version']}{', a draft' if policy.get('draft') else ''}"
        head = f"{order['product']}, {order['request']} request: {order['ruling']} ({named})"
    yield f"\n  {order['order']}  {head}"
    yield from (f"      note: {order['note']}" for _ in range("note" in order))
    for criterion in order["criteria"]:
        yield from _criterion(criterion)
    yield from _lines(order["lines"])
    yield from _dosing(order["dosing"])
    for number, question in enumerate(order["questions"], 1):
        yield f"    {'open points:' if number == 1 else '            '} {number}. {question['text']}"
        yield from (f"                    yes or no: {one['text']}" for one in question.get("proposed", ()))
    yield f"    answer: {_information(order)}"


def _criterion(criterion: Json) -> Iterator[str]:
    yield f"    {_MARKS[criterion['truth']]} {criterion['id']}: {criterion['says']}"
    for item in criterion["evidence"] if "." in criterion["id"] or not criterion["note"] else ():
        date = f", {item['date']}" if item["date"] else ""
        yield f"        {item['summary']}{date} [{item['reference']}]"
    if criterion["note"]:
        yield f"        {criterion['note']}"


def _lines(table: Json | None) -> Iterator[str]:
    """Write the table of lines: each with its first and last day, drugs, setting, and why it begins."""
    if table is None or not (table["certain"] or table["possible"]):
        return
    yield "    lines of therapy:"
    for row in table["certain"]:
        setting = f", {row['setting']}" if row["setting"] else ""
        yield f"      {row['number']}. {row['start']} to {row['last']}: {' + '.join(row['drugs'])}{setting}"
        yield f"         {' '.join(part for part in (row['why'], row['setting_why']) if part)}"
    for one in table["possible"]:
        yield f"      maybe {one['start'] or 'no date'}: {one['drug']}"
        yield f"         {one['why']}"


def _dosing(found: Json | None) -> Iterator[str]:
    """Write the verdict on the ordered dose, and how much an authorization would allow."""
    if found is None:
        return
    yield f"    dose: {found['verdict']}. {found['note']}"
    quantity = found.get("quantity")
    if quantity is not None:
        yield f"      to {quantity['end']}: {quantity['units']} {quantity['unit']}; {quantity['words']}"


def _information(order: Json) -> str:
    information = order["coverage_information"]
    if information is None:
        return f"none (coverage: {order['coverage']})"
    shown = (f"{name} {information[name]}" for name in ("covered", "pa-needed") if name in information)
    documents = (f"documents {', '.join(information['doc-needed'])}" for _ in range("doc-needed" in information))
    return "; ".join((*shown, *documents, information["reason"]))
