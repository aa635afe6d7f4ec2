"""The templates' environment: what a template may call, and how its numbers come to stand in elements with sources.

Owns the list of filters. What a filter prints is `formatting`, what a mark is `sourced_numbers`.
"""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from reports.content.inputs import affected, cleaned, excluded
from reports.language import formatting
from reports.language.rule_sentences import reference_rule, threshold_rule
from reports.provenance.marks import filtering, finalized, with_elements

FILTERS = (
    formatting.count,
    formatting.counted,
    formatting.decimal,
    formatting.stated,
    formatting.plain,
    formatting.goal,
    formatting.against,
    formatting.estimate,
    formatting.fraction,
    formatting.counts,
    formatting.effective_size,
    formatting.dagger,
    formatting.interval,
    formatting.between,
    formatting.half_width,
    formatting.signed,
    formatting.interval_of,
    formatting.value,
    formatting.p_value,
    formatting.draws_error,
    formatting.score,
    formatting.shift,
    formatting.level,
    formatting.percent,
    formatting.design_effect,
    formatting.share,
    formatting.short_hash,
    formatting.date,
    formatting.date_and_time,
    formatting.listed,
    formatting.sentence,
    reference_rule,
    threshold_rule,
    affected,
    cleaned,
    excluded,
)


class Page(Template):
    """A template whose pages hold no mark: within `sourcing.marking` numbers stand in elements that name sources."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The page."""
        return with_elements(super().render(*args, **kwargs))


def environment() -> Environment:
    """The templates' environment: everything escaped, everything defined."""
    made = Environment(
        loader=PackageLoader("reports"),
        autoescape=True,
        undefined=StrictUndefined,
        lstrip_blocks=True,
        finalize=finalized,
    )
    made.template_class = Page
    made.tests["too_few"] = formatting.too_few
    made.filters.update({function.__name__: filtering(function) for function in FILTERS})
    return made
